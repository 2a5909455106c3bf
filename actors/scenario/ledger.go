package scenario

import (
	"fmt"
	"strconv"
	"strings"

	"switchyard/protocol"
)

// The acts around the ledger.
//
//	top up 10000                    TalkCash is paid in
//	post 3 SMS                      messages are posted

func (t *teller) ledgerAct(head, rest string) error {
	var b protocol.Body
	f := strings.Fields(rest)
	n, err := strconv.Atoi(f[len(f)-1])
	switch head {
	case "top":
		b = protocol.TopUp{Amount: int64(n), Ref: "receipt"}
	default:
		var kind protocol.LedgerKind
		if n, err = strconv.Atoi(f[0]); err == nil {
			kind, err = protocol.ParseLedgerKind(f[1])
		}
		b = protocol.PostItem{Kind: kind, Units: n, Ref: "campaign"}
	}
	if err != nil {
		return err
	}
	t.writes++
	r := t.rig.do(issued{to: protocol.LedgerAt(site), c: protocol.Command{
		Body: b, ClientID: protocol.ClientID(fmt.Sprintf("write-%05d", t.writes)), Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"},
	}})[0]
	if r.err != nil {
		t.out("refused: %s (%s)", r.err.Code, r.err.Field)
	}
	return nil
}

// tellLedger writes what is new in the ledger.
func (t *teller) tellLedger() {
	a := protocol.LedgerAt(site)
	for _, r := range t.rig.log(a, t.told[a]+1) {
		t.told[a] = r.Number
		e, ok := r.Event.(*protocol.LedgerEntry)
		if !ok {
			continue
		}
		what := e.Kind.String()
		switch e.Kind {
		case protocol.LedgerKakao:
			what += fmt.Sprintf(" %s of %s", t.names[protocol.RoomID(e.Ref)], e.Day)
		case protocol.LedgerAccounts:
			what += fmt.Sprintf(" %s, %d accounts", e.Day, e.Units)
		case protocol.LedgerSMS, protocol.LedgerAlimtalk:
			what += fmt.Sprintf(", %d messages", e.Units)
		}
		if e.Recorded {
			what += ", only recorded"
		}
		if e.Short {
			what += ", not covered"
		}
		sign := ""
		if e.Amount > 0 {
			sign = "+"
		}
		t.out("%s ledger: %s%d %s, %d left", r.At.Time().In(kst).Format("15:04:05"), sign, e.Amount, what, e.Balance)
	}
}
