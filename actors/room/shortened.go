package room

import (
	"net/url"

	"switchyard/protocol"
)

const addressMax = 2000 // bytes of an address

// checkFull refuses the address of a whole text where no channel shortens texts: only Kakao does, above 1,000
// characters, and only what customers write. The node stores both and fetches nothing.
func (s *State) checkFull(customer bool, b protocol.SendMessage) error {
	if b.Full == "" {
		return nil
	}
	if !customer || s.Channel != protocol.Kakao || b.Kind != protocol.Text {
		return protocol.RejectField(protocol.BadRequest, "full", "only Kakao shortens a customer's text")
	}
	u, err := url.Parse(b.Full)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(b.Full) > addressMax {
		return protocol.RejectField(protocol.BadRequest, "full", "is not an address")
	}
	return nil
}
