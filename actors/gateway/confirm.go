package gateway

import (
	"switchyard/protocol"
)

// confirmed is the second of two steps where an act destroys what nobody can bring back: without ?confirm= and the name of what
// goes it is refused with conflict and the field confirm, and nothing has happened.
func (c *call) confirmed(name, consequence string) *protocol.Rejection {
	if c.r.URL.Query().Get("confirm") == name {
		return nil
	}
	return protocol.RejectField(protocol.Conflict, "confirm", consequence+": only a request with confirm and its name in the address does it")
}

// retentionName is the setting whose shortening removes rooms.
const retentionName = "retention.rooms"

// shortens says whether closed rooms would be removed that are kept by now.
func shortens(was, next *protocol.Settings) bool {
	return next.RetentionDays != 0 && (was.RetentionDays == 0 || next.RetentionDays < was.RetentionDays)
}
