package gateway

import (
	"strings"
	"time"

	"switchyard/protocol"
)

// The ledger of a site (domain 19): its lines, paying in, and what is posted before it is sent.

// ledgerEntry writes one line; at is when it was written.
func ledgerEntry(j *protocol.JSON, e *protocol.LedgerEntry, at protocol.Instant) {
	j.Open()
	j.Uint("number", e.Number)
	j.Instant("at", at)
	j.Str("kind", e.Kind.String())
	j.Int("amount", e.Amount)
	j.Int("balance", e.Balance)
	j.Int("price", int64(e.Price))
	j.Int("units", int64(e.Units))
	j.Str("ref", e.Ref)
	j.Str("key", e.Key)
	if e.Day != (protocol.Date{}) {
		j.Str("day", date(e.Day))
	}
	j.Instant("happened_at", e.At)
	j.Bool("recorded_only", e.Recorded)
	j.Bool("covered", !e.Short)
	j.Str("by", string(e.By))
	j.Close()
}

// ledgerDays reads ?from= and ?to=, days of the site's zone, both inclusive: today if they are left out.
func (c *call) ledgerDays() (from, to time.Time, rej *protocol.Rejection) {
	now := c.g.engine.Now().In(c.facts.Zone)
	from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.facts.Zone)
	to = from
	for name, at := range map[string]*time.Time{"from": &from, "to": &to} {
		if s := c.r.URL.Query().Get(name); s != "" {
			d, err := time.ParseInLocation(time.DateOnly, s, c.facts.Zone)
			if err != nil {
				return from, to, protocol.RejectField(protocol.BadRequest, name, "must be a day, YYYY-MM-DD")
			}
			*at = d
		}
	}
	switch {
	case from.After(to):
		return from, to, protocol.RejectField(protocol.BadRequest, "from", "is after to")
	case to.Sub(from) > periodMaximum:
		return from, to, protocol.RejectField(protocol.BadRequest, "from", "the period is at most a year")
	}
	return from, to, nil
}

// ledgerKind reads ?kind=; 0 = every one.
func (c *call) ledgerKind() (kind protocol.LedgerKind, rej *protocol.Rejection) {
	if s := c.r.URL.Query().Get("kind"); s != "" {
		var err error
		if kind, err = protocol.ParseLedgerKind(s); err != nil {
			return 0, protocol.RejectField(protocol.BadRequest, "kind", err.Error())
		}
	}
	return kind, nil
}

// ledgerColumns are those of the file.
var ledgerColumns = []column{
	{"number", "번호"}, {"at", "일시"}, {"kind", "항목"}, {"amount", "금액(원)"}, {"balance", "잔액(원)"}, {"price", "단가(원)"}, {"units", "수량"}, {"ref", "참조"},
	{"day", "과금일"}, {"recorded_only", "기록만"}, {"uncovered", "잔액 부족"}, {"by", "등록자"},
}

// ledgerFile is the whole period as a file.
func (c *call) ledgerFile() (int, []byte, *protocol.Rejection) {
	_, end, _ := strings.Cut(c.r.URL.Path[strings.LastIndexByte(c.r.URL.Path, '/')+1:], ".")
	return c.export("ledger", end, c.ledgerTable)
}

func (c *call) ledgerTable() (*table, *protocol.Rejection) {
	from, to, rej := c.ledgerDays()
	if rej != nil {
		return nil, rej
	}
	kind, rej := c.ledgerKind()
	if rej != nil {
		return nil, rej
	}
	p := period{from, to}
	t := &table{name: "ledger-" + p.name(), days: p, columns: ledgerColumns}
	yes := map[bool]string{true: "Y"}
	t.rows = func(each func([]cell) error) error {
		return every(c, c.ledgerRows(from, to.AddDate(0, 0, 1)), func(_ []byte, e ledgerLine) error {
			if kind != 0 && kind != e.Kind {
				return nil
			}
			day := ""
			if e.Day != (protocol.Date{}) {
				day = date(e.Day)
			}
			return each([]cell{
				countCell(int64(e.Number)), timeCell(e.at), textCell(e.Kind.String()), countCell(e.Amount), countCell(e.Balance), countCell(int64(e.Price)),
				countCell(int64(e.Units)), textCell(e.Ref), textCell(day), textCell(yes[e.Recorded]), textCell(yes[e.Short]), textCell(string(e.By)),
			})
		})
	}
	return t, nil
}

// ledger is a page of the lines that were written in a period, oldest first, with what is left now.
func (c *call) ledger() (int, []byte, *protocol.Rejection) {
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	after, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	from, to, rej := c.ledgerDays()
	if rej != nil {
		return 0, nil, rej
	}
	kind, rej := c.ledgerKind()
	if rej != nil {
		return 0, nil, rej
	}
	res, rej := c.g.ask(c.context(), protocol.LedgerAt(c.site), protocol.ViewLedger{}, c.caller, "", c.facts)
	if rej != nil {
		return 0, nil, rej
	}
	v, _ := res.(protocol.LedgerView)
	j := protocol.JSON{}
	j.Open()
	j.Str("from", from.Format(time.DateOnly))
	j.Str("to", to.Format(time.DateOnly))
	j.Int("balance", v.Balance)
	j.Str("billing_mode", v.Mode.String())
	j.Key("rows")
	j.B = append(j.B, '[')
	last, end, rej := pageOf(limit, after, c.ledgerRows(from, to.AddDate(0, 0, 1)), func(_ []byte, e ledgerLine) bool {
		if kind != 0 && kind != e.Kind {
			return false
		}
		listComma(&j)
		ledgerEntry(&j, &e.LedgerEntry, e.at)
		return true
	})
	if rej != nil {
		return 0, nil, rej
	}
	return listEnd(&j, end, last)
}

// ledgerLine is an entry with the time at which it was written.
type ledgerLine struct {
	protocol.LedgerEntry
	at protocol.Instant
}

// ledgerRows reads what was written from an instant on until another.
func (c *call) ledgerRows(from, until time.Time) rowReader[ledgerLine] {
	return func(after []byte, limit int, each func([]byte, ledgerLine) error) error {
		return c.g.engine.Ledger(c.site, protocol.At(from), protocol.At(until), limit, after, func(key []byte, at protocol.Instant, e protocol.LedgerEntry) error {
			return each(key, ledgerLine{e, at})
		})
	}
}

// kakaoCharges counts the Kakao charges that were written from an instant on until another: 총 과금 수 (16.1).
func (c *call) kakaoCharges(from, until time.Time) (count int64, err error) {
	err = every(c, c.ledgerRows(from, until), func(_ []byte, e ledgerLine) error {
		if e.Kind == protocol.LedgerKakao {
			count++
		}
		return nil
	})
	return count, err
}

func (c *call) topUp() (int, []byte, *protocol.Rejection) {
	f := &c.body
	b := protocol.TopUp{Amount: int64(f.int("amount", 1, protocol.TopUpMax)), Ref: f.runes("ref", 100)}
	if !f.has("amount") {
		f.refuse("amount", "is missing")
	}
	return c.post(b)
}

func (c *call) postItem() (int, []byte, *protocol.Rejection) {
	f := &c.body
	b := protocol.PostItem{Kind: enum(f, "kind", protocol.ParseLedgerKind), Units: 1, Ref: f.runes("ref", 100)}
	if f.has("units") {
		b.Units = f.int("units", 1, protocol.ItemsMax)
	}
	if b.Kind != protocol.LedgerSMS && b.Kind != protocol.LedgerAlimtalk {
		f.refuse("kind", "must be SMS or ALIMTALK")
	}
	return c.post(b)
}

// post writes into the ledger. Without a name of its own a write could be repeated by accident, and this
// is money: the Idempotency-Key, or client_id in the body, must be there.
func (c *call) post(b protocol.Body) (int, []byte, *protocol.Rejection) {
	f := &c.body
	id, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	if inside := f.text("client_id", 36); id == "" && inside != "" {
		if id = protocol.ClientID(inside); !validClientID(inside) {
			f.refuse("client_id", "must be 10 to 36 printable characters")
		}
	}
	if id == "" {
		f.refuse("Idempotency-Key", "is missing")
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	res, rej := c.putAs(id, protocol.LedgerAt(c.site), b)
	if rej != nil {
		return c.unprocessable(rej)
	}
	p, _ := res.(protocol.Posted)
	j := protocol.JSON{}
	ledgerEntry(&j, &p.Entry, p.Entry.At)
	return created(!p.Duplicate), j.B, nil
}
