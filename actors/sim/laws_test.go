package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// doctored histories, and the law that must not let them pass. Each is told twice: without its last
// line everything is in order.
func TestEveryLawBites(t *testing.T) {
	at := func(minute int) protocol.Instant { return protocol.Instant(1_600_000_000_000 + minute*60_000) }
	numbers := map[protocol.Address]*protocol.Recorded{}
	event := func(a protocol.Address, minute int, e protocol.Event) any {
		last := numbers[a]
		if last == nil {
			last = &protocol.Recorded{}
			numbers[a] = last
		}
		r := protocol.Recorded{Number: last.Number + 1, At: at(minute), Event: e}
		desk, shown := protocol.Shown(e)
		next := protocol.Recorded{Number: r.Number, Desk: last.Desk, Room: last.Room}
		if desk {
			next.Desk++
			r.Desk = next.Desk
		}
		if shown {
			next.Room++
			r.Room = next.Room
		}
		numbers[a] = &next
		settings := protocol.DefaultSettings()
		return recorded{a, r, &protocol.SiteFacts{Settings: &settings}}
	}
	room := func(id string, minute int, e protocol.Event) any {
		return event(protocol.RoomAt(siteID, protocol.RoomID(id)), minute, e)
	}
	directory := func(name string) protocol.Address { return protocol.CustomersAt(protocol.SiteID(name)) }
	record := func(of, id string, open ...protocol.RoomID) any {
		return event(directory(of), 0, &protocol.CustomerSaved{Customer: protocol.Customer{No: 1, Key: "key", ID: id, Open: open}})
	}
	listed := func(of, id string) any {
		return event(directory(of), 0, &protocol.SharedProfileSaved{Profile: protocol.Profile{ID: id, Members: []protocol.Member{{No: 1, Key: "key"}}}})
	}
	charge := func(of, id string, day int) any {
		return event(protocol.RoomAt(protocol.SiteID(of), protocol.RoomID(id)), 1, &protocol.RoomCharged{Account: of, Key: "key", Day: protocol.Date{Year: 2021, Month: 6, Day: day}, Price: 100})
	}
	entry := func(of string, n uint64, amount, balance int64, day int) any {
		return event(protocol.LedgerAt(protocol.SiteID(of)), 1, &protocol.LedgerEntry{
			Number: n, Kind: protocol.LedgerKakao, Amount: amount, Balance: balance, Key: protocol.KakaoKey(of, "key", protocol.Date{Year: 2021, Month: 6, Day: day}),
		})
	}
	opened := func(id, key string) any {
		return room(id, 0, &protocol.RoomOpened{Customer: protocol.CustomerNo(len(key)), Key: protocol.CustomerKey(key), ClientID: protocol.ClientID("start-" + id)})
	}
	assigned := func(id string, n uint32, agent, from protocol.AccountID, cause protocol.Cause) any {
		return room(id, 1, &protocol.RoomAssigned{Assignment: n, Turn: uint64(n), Agent: agent, From: from, Cause: cause, Timers: protocol.Timers{Silence: 5}})
	}
	closed := func(id string, minute int, why protocol.EndReason) any {
		return room(id, minute, &protocol.RoomClosed{State: protocol.Closed, Reason: why})
	}
	says := func(id string, m protocol.MessagePosted) any { return room(id, 2, &m) }
	settings := protocol.DefaultSettings()
	facts := &protocol.SiteFacts{Settings: &settings, Accounts: map[protocol.AccountID]*protocol.Account{"a": {MaxConcurrent: 1}, "b": {}}}
	ready := heard{protocol.FactsChanged{}, facts}
	asks := func(id string, minute int) any {
		return heard{protocol.AskSeat{Room: protocol.RoomID(id), RequestedAt: at(minute)}, facts}
	}
	waits := func(id string) any {
		return told{protocol.SeatAnswer{Room: protocol.RoomID(id), Hours: protocol.InHours}}
	}
	offer := func(id string, turn uint64, agent protocol.AccountID, rule string, loads ...int) any {
		s := protocol.Seat{Turn: turn, Agent: agent, Cause: protocol.CauseBacklog, Why: protocol.Why{Rule: rule, Eligible: len(loads)}}
		for i, n := range loads {
			s.Why.Candidates = append(s.Why.Candidates, protocol.Candidate{Account: protocol.AccountID(rune('a' + i)), Load: n})
		}
		return told{protocol.OfferSeat{Room: protocol.RoomID(id), Seat: s}}
	}
	answer := func(id protocol.ClientID, who protocol.AccountID, b protocol.Body, r protocol.Result) any {
		return answered{c: protocol.Command{ClientID: id, Caller: protocol.Caller{Account: who}, Body: b}, result: r}
	}
	refused := protocol.MessagePosted{From: protocol.FromCustomer, BeforeProfile: true}
	for _, x := range []struct {
		law  string
		name string
		past []any
		last any
	}{
		{"I-01", "a second holder", []any{opened("r", "k"), assigned("r", 1, "a", "", protocol.CauseEntry)}, assigned("r", 2, "b", "", protocol.CauseManager)},
		{"I-01", "a closed room", []any{opened("r1", "k"), closed("r1", 1, protocol.EndNormal)}, assigned("r1", 1, "a", "", protocol.CauseSelf)},
		{"I-02", "a take of a held room", []any{opened("r2", "k"), assigned("r2", 1, "a", "", protocol.CauseEntry)}, assigned("r2", 2, "b", "a", protocol.CauseSelf)},
		{"I-02", "two who were told to have it", []any{opened("r3", "k"), assigned("r3", 1, "a", "", protocol.CauseSelf)}, answer("w", "b", protocol.TakeRoom{}, protocol.Assigned{Room: "r3", Assignment: 1, Agent: "b"})},
		{"I-03", "a second seat of one", []any{ready, offer("r", 1, "a", "SELF")}, offer("q", 2, "a", "SELF")},
		{"I-04", "a second open room", []any{opened("r4", "k")}, opened("r5", "k")},
		{"I-04", "a second room of a record", []any{record("d1", "kim", "q1")}, record("d1", "kim", "q1", "q2")},
		{"I-05", "a gap", []any{opened("r6", "k")}, recorded{protocol.RoomAt(siteID, "r6"), protocol.Recorded{Number: 3, Desk: 2, At: at(9), Event: &protocol.AlarmRang{}}, facts}},
		{"I-05", "a memo that the customer could count", []any{opened("r7", "k")}, recorded{protocol.RoomAt(siteID, "r7"), protocol.Recorded{Number: 2, Desk: 2, Room: 1, At: at(9), Event: &protocol.MessagePosted{Kind: protocol.Memo}}, facts}},
		{"I-07", "a write twice", []any{opened("r8", "k"), says("r8", protocol.MessagePosted{ClientID: "w"})}, says("r8", protocol.MessagePosted{ClientID: "w"})},
		{"I-07", "a request decided twice", []any{opened("r9", "k"), assigned("r9", 1, "a", "", protocol.CauseEntry)}, room("r9", 3, &protocol.RoomQueued{Row: 17})},
		{"I-07", "another answer to a repeat", []any{answer("w", "", protocol.EndRoom{}, protocol.Sent{Seq: 1})}, answer("w", "", protocol.EndRoom{}, protocol.Sent{Seq: 2})},
		{"I-08", "two greetings", []any{opened("ra", "k"), says("ra", protocol.MessagePosted{Code: protocol.MGreet})}, says("ra", protocol.MessagePosted{Code: protocol.MGreet})},
		{"I-08", "no refusal", []any{opened("rb", "k"), says("rb", refused)}, says("rb", protocol.MessagePosted{})},
		{"I-08", "a refusal of nothing", []any{opened("rc", "k")}, says("rc", protocol.MessagePosted{Code: protocol.MRefuse})},
		{"I-08", "thanks without a form", []any{opened("rd", "k")}, says("rd", protocol.MessagePosted{Code: protocol.MSaved})},
		{"I-09", "a second close", []any{opened("re", "k"), closed("re", 1, protocol.EndNormal)}, closed("re", 2, protocol.EndNormal)},
		{"I-09", "two who ended it", []any{answer("w", "", protocol.EndRoom{Room: "r"}, protocol.Done{})}, answer("v", "", protocol.EndRoom{Room: "r"}, protocol.Done{})},
		{"I-10", "too early", []any{opened("rf", "k"), assigned("rf", 1, "a", "", protocol.CauseEntry), says("rf", protocol.MessagePosted{})}, closed("rf", 6, protocol.EndCustomerSilence)},
		{"I-10", "on hold", []any{opened("rg", "k"), assigned("rg", 1, "a", "", protocol.CauseEntry), room("rg", 2, &protocol.RoomMetaSet{Set: protocol.MetaHold, Hold: true})}, closed("rg", 60, protocol.EndCustomerSilence)},
		{"I-10", "an alarm of nothing", []any{opened("rh", "k")}, room("rh", 1, &protocol.AlarmRang{})},
		{"I-11", "twice", []any{charge("l1", "r", 9), entry("l1", 1, -100, -100, 9)}, entry("l1", 2, -100, -200, 9)},
		{"I-11", "of nothing", []any{charge("l2", "r", 9)}, entry("l2", 1, -100, -100, 10)},
		{"I-11", "another balance", []any{charge("l3", "r", 9)}, entry("l3", 1, -100, 0, 9)},
		{"I-11", "a day twice", []any{charge("l4", "r", 9)}, charge("l4", "r", 9)},
		{"I-12", "a turn for two", []any{ready, offer("r", 1, "a", "SELF")}, offer("q", 1, "b", "SELF")},
		{"I-12", "a seat of another", []any{opened("ri", "k"), offer("ri", 1, "a", "SELF")}, assigned("ri", 1, "b", "", protocol.CauseSelf)},
		{"I-13", "the later one first", []any{ready, asks("r", 1), waits("r"), asks("q", 2), waits("q")}, offer("q", 1, "a", "LEAST_LOAD", 0)},
		{"I-13", "the lower class first", []any{ready, asks("r", 1), waits("r"), asks("q", 2), waits("q"), heard{protocol.RoomPrioritized{Room: "q", Priority: 1}, facts}}, offer("r", 1, "a", "LEAST_LOAD", 0)},
		{"I-14", "two turns", []any{ready, offer("r", 1, "b", "SEQUENTIAL", 0, 0)}, offer("q", 2, "b", "SEQUENTIAL", 0, 1)},
		{"I-15", "somebody had fewer", []any{ready}, offer("r", 1, "a", "LEAST_LOAD", 1, 0)},
		{"I-15", "a room that was not counted", []any{ready, offer("r", 1, "b", "SELF")}, offer("q", 2, "b", "LEAST_LOAD", 0, 0)},
		{"I-16", "other settings", []any{opened("rj", "k")}, room("rj", 1, &protocol.RoomQueued{Row: 22})},
		{"I-18", "half a merge", []any{record("d2", "kim"), listed("d2", "kim"), handedOver{directory("d2")}, record("d2", "lee")}, handedOver{directory("d2")}},
		{"I-17", "an acknowledged text", nil, answer("w", "", protocol.SendMessage{}, protocol.Sent{})},
	} {
		t.Run(x.law+" "+x.name, func(t *testing.T) {
			c := newCourt()
			for _, p := range x.past {
				require.NoError(t, c.see(p))
			}
			require.ErrorContains(t, c.see(x.last), x.law)
		})
		bitten[x.law] = true
	}
	for _, l := range laws {
		require.True(t, bitten[l.number], "no history bites %s", l.number)
	}
}

var bitten = map[string]bool{}

// TestReplayBites: I-06 looks at the minds. A state that was poked does not replay.
func TestReplayBites(t *testing.T) {
	r := NewRun(1)
	_, err := r.Play(whole(200))
	require.NoError(t, err)
	for a, b := range r.W.bodies {
		if a.Kind != protocol.KindRoom {
			continue
		}
		v := b.(interface{ poke(w *World) error })
		require.ErrorContains(t, v.poke(r.W), "I-06")
		return
	}
	t.Fatal("no room lives")
}

// poke leaves one event out of a replay.
func (v *value[S]) poke(w *World) error {
	log := w.logs[v.addr]
	return replays(v, log[:len(log)-1])
}

// TestReconciliationBites: a charge of a room that the ledger does not have, or one of the ledger that no room
// has, is found at rest (I-11).
func TestReconciliationBites(t *testing.T) {
	charged := protocol.RoomCharged{Account: "shop", Key: "sim_k1", Day: protocol.Date{Year: 2021, Month: 6, Day: 9}, Why: protocol.ChargeResponse, Price: 100}
	entry := protocol.LedgerEntry{Number: 1, Kind: protocol.LedgerKakao, Amount: -100, Balance: -100, Key: protocol.KakaoKey(charged.Account, charged.Key, charged.Day)}
	fees := protocol.LedgerEntry{Number: 1, Kind: protocol.LedgerAccounts, Amount: -100, Balance: -100, Key: "fee/2021-07"}
	for name, x := range map[string]struct {
		room, ledger protocol.Event
		row          *protocol.LedgerEntry
		says         string
	}{
		"in order":               {&charged, &entry, &entry, ""},
		"lost on the way":        {&charged, nil, nil, "the rooms charged 1 times"},
		"out of nothing":         {nil, &entry, &entry, "which no room charged"},
		"not listed":             {&charged, &entry, nil, "is not the 1-th of the list"},
		"a fee is no room's":     {nil, &fees, &fees, ""},
		"a fee instead of a day": {&charged, &fees, &fees, "the rooms charged 1 times"},
	} {
		t.Run(name, func(t *testing.T) {
			w := New(siteID, time.Date(2021, 6, 9, 10, 0, 0, 0, time.UTC), func() protocol.Chance { return protocol.Chance{} })
			for a, e := range map[protocol.Address]protocol.Event{protocol.RoomAt(siteID, "r"): x.room, protocol.LedgerAt(siteID): x.ledger} {
				if e != nil {
					w.logs[a] = []protocol.Recorded{{Number: 1, Event: e}}
				}
			}
			if x.row != nil {
				w.rows[string(byte(protocol.RowLedger))+string(protocol.LedgerRowKey(siteID, 1, 1))] = protocol.AppendLedgerEntry(nil, x.row)
			}
			if err := w.auditLedger(); x.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, x.says)
			}
		})
	}
}

// TestACrashIsJudgedToo: what an answer rested on must still be there.
func TestACrashIsJudgedToo(t *testing.T) {
	c := newCourt()
	a := protocol.RoomAt(siteID, "r")
	require.NoError(t, c.keep(recorded{a, protocol.Recorded{Number: 1, Desk: 1, Event: &protocol.RoomOpened{}}, nil}, 1))
	require.NoError(t, c.keep(recorded{a, protocol.Recorded{Number: 2, Desk: 2, Room: 1, Event: &protocol.MessagePosted{ClientID: "w"}}, nil}, 2))
	require.NoError(t, c.keep(answered{c: protocol.Command{ClientID: "w", Body: protocol.SendMessage{}}, result: protocol.Sent{}}, 1))
	require.NoError(t, c.crash(2))
	require.ErrorContains(t, c.crash(1), "I-17", "the entry of the message was not durable")
}

// TestShrinking: of a life that fails, little is left, and it fails for the same reason.
func TestShrinking(t *testing.T) {
	was := laws
	t.Cleanup(func() { laws = was })
	laws = append([]law{{"I-99", "nobody ever ends a room", func() func(any) error {
		return func(x any) error {
			if e, ok := x.(recorded); ok {
				if c, closed := e.r.Event.(*protocol.RoomClosed); closed && c.Actor == protocol.EndedByCustomer {
					return fmt.Errorf("%s ended", e.actor)
				}
			}
			return nil
		}
	}}}, was...)
	for seed, failed := uint64(1), 0; failed < 5; seed++ {
		_, err := NewRun(seed).Play(whole(400))
		if err == nil {
			continue // in this life nobody did
		}
		failed++
		require.ErrorContains(t, err, "I-99")
		only := Shrink(seed, whole(400))
		require.LessOrEqual(t, len(only), 20, "seed %d", seed)
		_, err = NewRun(seed).Play(only)
		require.ErrorContains(t, err, "I-99")
	}
}
