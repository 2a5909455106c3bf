package protocol

import "fmt"

// Owed tells are those whose loss in a crash would break a promise: they are
// rows until the receiver has recorded them. The numbers are stored.
const (
	owedRoomDone    = 1
	owedSaveProfile = 2
	owedGainRoom    = 3
	owedLoseRoom    = 4
	owedRingAlarm   = 5
	owedNoteErasure = 6

	owedNoteRequest  = 25
	owedNoteDecision = 26

	owedCharge         = 30
	owedChargeAccounts = 31
)

type owed struct {
	to   Address
	what uint8
	body []byte
}

func (o *owed) code(c *coder) {
	codeUint(c, 1, &o.to.Kind)
	codeString(c, 2, &o.to.Site)
	codeString(c, 3, &o.to.ID)
	codeUint(c, 4, &o.what)
	codeBytes(c, 5, &o.body)
}

func (b *RoomDone) code(c *coder) {
	codeString(c, 1, &b.Room)
	codeUint(c, 2, &b.Customer)
	codeString(c, 3, &b.Agent)
	codeInt(c, 4, &b.At)
}
func (b *SaveProfile) code(c *coder) {
	codeUint(c, 1, &b.Customer)
	codeList(c, 2, &b.Values)
	codeInt(c, 3, &b.At)
	codeBool(c, 4, &b.Consent)
}
func (b *GainRoom) code(c *coder)  { b.Gained.code(c) }
func (b *LoseRoom) code(c *coder)  { b.Lost.code(c) }
func (b *RingAlarm) code(c *coder) { codeString(c, 1, &b.Room) }

// AppendOwed appends the value of an owed row. It panics on a body that cannot be owed: a bug of the mind.
func AppendOwed(dst []byte, to Address, body Body) []byte { return encode(dst, newOwed(to, body)) }

// OwedValue is MarkRow of AppendOwed, with the key of whom it tells of; 0 = nobody.
func OwedValue(to Address, body Body, seal uint64) []byte {
	return encodeMarked(nil, newOwed(to, body), seal)
}

func newOwed(to Address, body Body) *owed {
	o := &owed{to: to}
	switch b := body.(type) {
	case RoomDone:
		o.what, o.body = owedRoomDone, encode(nil, &b)
	case SaveProfile:
		o.what, o.body = owedSaveProfile, encode(nil, &b)
	case GainRoom:
		o.what, o.body = owedGainRoom, encode(nil, &b)
	case LoseRoom:
		o.what, o.body = owedLoseRoom, encode(nil, &b)
	case RingAlarm:
		o.what, o.body = owedRingAlarm, encode(nil, &b)
	case NoteErasure:
		o.what, o.body = owedNoteErasure, encode(nil, &b)
	case NoteRequest:
		o.what, o.body = owedNoteRequest, encode(nil, &b)
	case NoteDecision:
		o.what, o.body = owedNoteDecision, encode(nil, &b)
	case Charge:
		o.what, o.body = owedCharge, encode(nil, &b)
	case ChargeAccounts:
		o.what, o.body = owedChargeAccounts, encode(nil, &b)
	default:
		panic(fmt.Sprintf("protocol: %T cannot be owed", body))
	}
	return o
}

// DecodeOwed reads an owed row.
func DecodeOwed(b []byte) (to Address, body Body, err error) {
	var o owed
	if err := decode(Unmarked(b), &o); err != nil {
		return to, nil, err
	}
	switch o.what {
	case owedRoomDone:
		var v RoomDone
		err = decode(o.body, &v)
		body = v
	case owedSaveProfile:
		var v SaveProfile
		err = decode(o.body, &v)
		body = v
	case owedGainRoom:
		var v GainRoom
		err = decode(o.body, &v)
		body = v
	case owedLoseRoom:
		var v LoseRoom
		err = decode(o.body, &v)
		body = v
	case owedRingAlarm:
		var v RingAlarm
		err = decode(o.body, &v)
		body = v
	case owedNoteErasure:
		var v NoteErasure
		err = decode(o.body, &v)
		body = v
	case owedNoteRequest:
		var v NoteRequest
		err = decode(o.body, &v)
		body = v
	case owedNoteDecision:
		var v NoteDecision
		err = decode(o.body, &v)
		body = v
	case owedCharge:
		var v Charge
		err = decode(o.body, &v)
		body = v
	case owedChargeAccounts:
		var v ChargeAccounts
		err = decode(o.body, &v)
		body = v
	default:
		err = fmt.Errorf("%w: owed tell %d is unknown", ErrWire, o.what)
	}
	return o.to, body, err
}
