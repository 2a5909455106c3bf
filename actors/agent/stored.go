package agent

import (
	"encoding/base64"
	"encoding/json"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// stored is the durable part of the state as its snapshot has it. The rooms are packed, as text in base64: a start reads
// the inboxes of all agents before the queue gives a seat, and as JSON objects the rooms were more than half of its work.
type stored struct {
	Addr   protocol.Address
	Log    core.Log
	Want   protocol.Want
	Until  protocol.Instant
	Duty   bool
	Rooms  packed
	Offers []protocol.InboxOffered
}

type packed []protocol.InboxRoom

// MarshalJSON implements json.Marshaler.
func (p packed) MarshalJSON() ([]byte, error) {
	b := protocol.AppendInboxRooms(nil, p)
	text := make([]byte, 2+base64.RawStdEncoding.EncodedLen(len(b)))
	text[0], text[len(text)-1] = '"', '"'
	base64.RawStdEncoding.Encode(text[1:], b)
	return text, nil
}

// UnmarshalJSON implements json.Unmarshaler; it also reads the list of objects of store format 2.
func (p *packed) UnmarshalJSON(text []byte) error {
	if len(text) < 2 || text[0] != '"' {
		return json.Unmarshal(text, (*[]protocol.InboxRoom)(p))
	}
	b := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)-2))
	n, err := base64.RawStdEncoding.Decode(b, text[1:len(text)-1])
	if err != nil {
		return err
	}
	*p, err = protocol.DecodeInboxRooms(b[:n])
	return err
}

// store is what Snapshot writes of the state, without whom the offers are about.
func (s *State) store(offers []protocol.InboxOffered) stored {
	return stored{Addr: s.Addr, Log: s.Log, Want: s.Want, Until: s.Until, Duty: s.Duty, Rooms: s.Rooms, Offers: offers}
}

// take makes the state what was stored.
func (s *State) take(x *stored) {
	s.Log, s.Want, s.Until, s.Duty, s.Rooms, s.Offers = x.Log, x.Want, x.Until, x.Duty, x.Rooms, x.Offers
}
