package gate

import "switchyard/protocol"

// substitutes is domain 7.5: what Kakao's operator shows in place of the site's text. A row
// that is not here is sent as configured, on every channel.
var substitutes = []struct {
	code     protocol.TextCode
	channel  protocol.Channel
	withBot  bool // of this very room: a bot was chosen for it
	operator protocol.Operator
}{
	{protocol.MAfterHours, protocol.Kakao, false, protocol.OperatorAbsent},
	{protocol.MNoAgent, protocol.Kakao, false, protocol.OperatorUnavailable},
	{protocol.MOver, protocol.Kakao, false, protocol.OperatorUnavailable},
	{protocol.MBusy, protocol.Kakao, false, protocol.OperatorBusy},
	{protocol.MBusy, protocol.Kakao, true, protocol.OperatorBusyDesk},
}

// Substitute gives the operator's message type that stands for an automatic message (7.5, R-003,
// R-004), and the text that remains: none where the operator's own is shown. 0 = the site's text.
func Substitute(code protocol.TextCode, channel protocol.Channel, withBot bool, text string) (protocol.Operator, string) {
	for _, r := range substitutes {
		if r.code != code || r.channel != channel || r.withBot != withBot {
			continue
		}
		switch r.operator {
		case protocol.OperatorAbsent:
			text = ""
		case protocol.OperatorUnavailable, protocol.OperatorBusy:
			text = protocol.TextKakaoBusy
		}
		return r.operator, text
	}
	return 0, text
}
