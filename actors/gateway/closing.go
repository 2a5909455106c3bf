package gateway

import (
	"fmt"
	"time"
)

// closing is why a connection ends: a code of protocol.md section 5 and a short text
// without JSON, at most 123 bytes, which a page can read.
type closing struct {
	code   int
	reason string
	drop   bool // what still waits in the outbox is not written
}

// Close codes. There is no 4409 yet: no setting forbids a second session.
const (
	closeNormal        = 1000
	closeProtocol      = 1002
	closeInvalidText   = 1007
	closeTooBig        = 1009
	closeGone          = 1006 // never sent: the connection was lost or cut
	closeMalformed     = 4400
	closeUnauthorised  = 4401
	closeForbidden     = 4403
	closeUnknownSite   = 4404
	closeNoHello       = 4408
	closeTooMany       = 4429
	closeServerError   = 4500
	closeDraining      = 4503
	closeSlowConsumer  = 4508
	closeReasonMaximum = 123
)

// tooMany carries how long to stay away.
func tooMany(wait time.Duration) closing {
	return closing{code: closeTooMany, reason: fmt.Sprintf("too_many retry_ms=%d", max(wait, 5*time.Second).Milliseconds()), drop: true}
}
