package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/core"
	"switchyard/protocol"
)

const siteID = protocol.SiteID("1000")

// book is a ledger with its rows, taken step by step.
type book struct {
	s        *State
	rows     map[string][]byte
	settings protocol.Settings
	log      []protocol.Recorded
	at       time.Time
}

func newBook() *book {
	return &book{s: Machine.New(protocol.LedgerAt(siteID)), rows: map[string][]byte{}, settings: protocol.DefaultSettings(), at: time.Date(2021, 6, 9, 10, 0, 0, 0, time.UTC)}
}

func (b *book) do(c protocol.Command) (core.Step, error) {
	c.Facts, c.Ticket, c.Records = &protocol.SiteFacts{Site: siteID, Settings: &b.settings, Zone: time.UTC}, 1, protocol.Records{}
	for _, ref := range Needs(b.s, c) {
		c.Records[ref] = protocol.Record{Value: b.rows[fmt.Sprint(ref.Row)+ref.Key]}
	}
	step, err := Decide(b.s, c, b.at)
	if err != nil {
		return step, err
	}
	var recs []protocol.Recorded
	for _, e := range step.Events {
		r := b.s.Log.Next(e, protocol.At(b.at))
		Apply(b.s, r)
		recs = append(recs, r)
	}
	b.log = append(b.log, recs...)
	for _, row := range Rows(b.s, recs) {
		b.rows[fmt.Sprint(row.Kind)+string(row.Key)] = row.Value
	}
	return step, Check(b.s)
}

func by(id protocol.ClientID, body protocol.Body) protocol.Command {
	return protocol.Command{Body: body, ClientID: id, Caller: protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss"}}
}

func charge(account string, key protocol.CustomerKey, day int) protocol.Command {
	return protocol.Command{Body: protocol.Charge{Room: "r", Charged: protocol.RoomCharged{
		Account: account, Key: key, Day: protocol.Date{Year: 2021, Month: 6, Day: day}, Why: protocol.ChargeResponse, Price: 100,
	}}}
}

// TestI11AKeyIsChargedOnce: whichever room tells, and however often.
func TestI11AKeyIsChargedOnce(t *testing.T) {
	b := newBook()
	for _, x := range []struct {
		c    protocol.Command
		left int64
	}{
		{charge("shop", "k", 9), -100}, {charge("shop", "k", 9), -100}, // told twice
		{charge("shop", "k", 10), -200}, {charge("outlet", "k", 9), -300}, {charge("shop", "l", 9), -400},
		{charge("shop", "k", 9), -400},
		{charge("a/b", "k", 9), -500}, {charge("a", "b/k", 9), -600}, // no name of one is a part of the other
	} {
		_, err := b.do(x.c)
		require.NoError(t, err)
		require.Equal(t, x.left, b.s.Balance, "%+v", x.c.Body)
	}
	fee := protocol.Command{Body: protocol.ChargeAccounts{Month: protocol.Date{Year: 2021, Month: 7, Day: 1}, Accounts: 3, Price: 35_000}}
	for range 3 {
		_, err := b.do(fee)
		require.NoError(t, err)
		require.Equal(t, int64(-105_600), b.s.Balance)
	}
	e := b.log[len(b.log)-1].Event.(*protocol.LedgerEntry)
	require.True(t, e.Short, "R-236: the fee is written and says that it was not covered")
}

// TestI07ARepeatedWriteIsAnsweredAlike: a top-up or an item with the same client id happens once; another body is a conflict.
func TestI07ARepeatedWriteIsAnsweredAlike(t *testing.T) {
	b := newBook()
	first, err := b.do(by("payment-01", protocol.TopUp{Amount: 1000, Ref: "receipt"}))
	require.NoError(t, err)
	again, err := b.do(by("payment-01", protocol.TopUp{Amount: 1000, Ref: "receipt"}))
	require.NoError(t, err)
	require.Empty(t, again.Events)
	was, is := first.Reply.Result.(protocol.Posted), again.Reply.Result.(protocol.Posted)
	require.Equal(t, was.Entry, is.Entry)
	require.True(t, is.Duplicate)
	require.Equal(t, int64(1000), b.s.Balance)

	for _, other := range []protocol.Body{protocol.TopUp{Amount: 2000, Ref: "receipt"}, protocol.PostItem{Kind: protocol.LedgerSMS, Units: 1}} {
		_, err = b.do(by("payment-01", other))
		require.Equal(t, protocol.Conflict, err.(*protocol.Rejection).Code)
	}
	stranger := by("payment-01", protocol.TopUp{Amount: 1, Ref: "receipt"})
	stranger.Caller.Account = "machine"
	_, err = b.do(stranger)
	require.NoError(t, err, "another caller's id is another write")
	require.Equal(t, int64(1001), b.s.Balance)
}

// TestWhatCannotBePosted changes nothing and says which field.
func TestWhatCannotBePosted(t *testing.T) {
	long := make([]rune, 101)
	for i := range long {
		long[i] = '가'
	}
	for _, x := range []struct {
		id    protocol.ClientID
		body  protocol.Body
		code  protocol.RejectCode
		field string
	}{
		{"write-0001", protocol.TopUp{}, protocol.BadRequest, "amount"},
		{"write-0001", protocol.TopUp{Amount: -5}, protocol.BadRequest, "amount"},
		{"write-0001", protocol.TopUp{Amount: protocol.TopUpMax + 1}, protocol.BadRequest, "amount"},
		{"", protocol.TopUp{Amount: 5}, protocol.BadRequest, "client_id"},
		{"write-0001", protocol.TopUp{Amount: 5, Ref: string(long)}, protocol.TooLarge, "ref"},
		{"write-0001", protocol.PostItem{Kind: protocol.LedgerKakao, Units: 1}, protocol.BadRequest, "kind"},
		{"write-0001", protocol.PostItem{Units: 1}, protocol.BadRequest, "kind"},
		{"write-0001", protocol.PostItem{Kind: protocol.LedgerSMS}, protocol.BadRequest, "units"},
		{"write-0001", protocol.PostItem{Kind: protocol.LedgerSMS, Units: protocol.ItemsMax + 1}, protocol.BadRequest, "units"},
		{"write-0001", protocol.PostItem{Kind: protocol.LedgerSMS, Units: 1}, protocol.OverLimit, "balance"},
		{"write-0001", protocol.EndRoom{}, protocol.BadRequest, ""},
	} {
		b := newBook()
		_, err := b.do(by(x.id, x.body))
		require.IsType(t, &protocol.Rejection{}, err, "%+v", x.body)
		r := err.(*protocol.Rejection)
		require.Equal(t, x.code, r.Code, "%+v", x.body)
		require.Equal(t, x.field, r.Field, "%+v", x.body)
		require.Empty(t, b.log)
	}
}

// TestTheBalanceIsTheSumOfItsEntries over random ledgers: the amounts add up, messages never overdraw, a
// replay gives the state (I-06, I-11), and a snapshot gives it, too.
func TestTheBalanceIsTheSumOfItsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook()
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			b.at = b.at.Add(time.Minute)
			if rapid.IntRange(0, 9).Draw(t, "mode") == 0 {
				b.settings.Billing.Mode = rapid.SampledFrom([]protocol.BillingMode{protocol.Prepaid, protocol.Postpaid}).Draw(t, "to")
			}
			id := protocol.ClientID(fmt.Sprintf("write-%05d", rapid.IntRange(max(0, i-3), i).Draw(t, "id")))
			before, n := b.s.Balance, len(b.log)
			var c protocol.Command
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				c = by(id, protocol.TopUp{Amount: rapid.Int64Range(1, 300).Draw(t, "amount")})
			case 1:
				c = by(id, protocol.PostItem{Kind: rapid.SampledFrom([]protocol.LedgerKind{protocol.LedgerSMS, protocol.LedgerAlimtalk}).Draw(t, "kind"), Units: rapid.IntRange(1, 9).Draw(t, "units")})
			case 2:
				c = charge("shop", protocol.CustomerKey(rapid.SampledFrom([]string{"k", "l"}).Draw(t, "key")), rapid.IntRange(1, 5).Draw(t, "day"))
			default:
				c = protocol.Command{Body: protocol.ChargeAccounts{Month: protocol.Date{Year: 2021, Month: time.Month(rapid.IntRange(1, 3).Draw(t, "month")), Day: 1}, Accounts: 2, Price: 40}}
			}
			_, err := b.do(c)
			if r, ok := err.(*protocol.Rejection); ok {
				require.NotEqual(t, protocol.Internal, r.Code)
				require.Len(t, b.log, n)
				continue
			}
			require.NoError(t, err)
			if _, item := c.Body.(protocol.PostItem); item && b.s.Balance < before {
				require.GreaterOrEqual(t, b.s.Balance, int64(0), "R-236")
			}
		}
		sum, replayed := int64(0), Machine.New(b.s.Addr)
		seen := map[string]bool{}
		for _, r := range b.log {
			e := r.Event.(*protocol.LedgerEntry)
			require.False(t, seen[e.Key], e.Key)
			seen[e.Key] = true
			if !e.Recorded {
				sum += e.Amount
			}
			require.Equal(t, sum, e.Balance)
			Apply(replayed, r)
		}
		require.Equal(t, b.s, replayed)
		restored, err := Restore(b.s.Addr, Snapshot(b.s))
		require.NoError(t, err)
		require.Equal(t, b.s, restored)
	})
}

// TestCheckBites: an entry that does not follow from those before it stops the ledger.
func TestCheckBites(t *testing.T) {
	for name, e := range map[string]protocol.LedgerEntry{
		"a gap":           {Number: 2, Kind: protocol.LedgerTopUp, Amount: 5, Balance: 5, Key: "x"},
		"another balance": {Number: 1, Kind: protocol.LedgerTopUp, Amount: 5, Balance: 6, Key: "x"},
	} {
		s := Machine.New(protocol.LedgerAt(siteID))
		Apply(s, protocol.Recorded{Number: 1, Event: &e})
		require.ErrorContains(t, Check(s), "I-11", name)
	}
}
