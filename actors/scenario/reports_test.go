package scenario

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/actors/report"
	"switchyard/protocol"
)

// desk is a whole engine with a gateway before it, for an administrator who reads reports.
type desk struct {
	*full
	t    *testing.T
	told func(*desk) // when the story is over
}

func (d *desk) close() {
	d.told(d)
	d.full.close()
}

// get asks the gateway as the administrator does.
func (d *desk) get(path string) (int, map[string]any) {
	cfg := gateway.DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	shard := protocol.Shard(site, d.store.Shards())
	g := gateway.New(cfg, gateway.Engine{
		Facts: d.engine.Facts,
		Session: func([32]byte) (gateway.Session, bool) {
			return gateway.Session{Site: site, Account: "boss", Expires: protocol.At(d.now().Add(time.Hour))}, true
		},
		DayFold: func(_ protocol.SiteID, day protocol.Date, bot protocol.BotID) ([]byte, error) {
			return d.store.Row(shard, protocol.RowDayFold, protocol.DayFoldKey(site, day, bot))
		},
		Figures: func(_ protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, *protocol.Figures) error) error {
			if len(after) == 0 {
				after = binary.BigEndian.AppendUint64(protocol.RowKey(site), uint64(from))
			}
			return d.store.Rows(shard, protocol.RowFigures, protocol.RowKey(site), after, limit, func(k, v []byte) error {
				f, err := protocol.DecodeFigures(v)
				if err != nil || f.ClosedAt >= until {
					return err
				}
				return each(k, &f)
			})
		},
		StartedRooms: func(_ protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.RoomID, *protocol.StartedRow) error) error {
			return d.store.Rows(shard, protocol.RowStarted, protocol.RowKey(site), after, limit, func(k, v []byte) error {
				at, room := protocol.StartedRoom(site, k)
				r, err := protocol.DecodeStarted(v)
				if err != nil || at < from || at >= until {
					return err
				}
				return each(k, at, room, &r)
			})
		},
		OpenRooms: func(_ protocol.SiteID, after protocol.RoomID, limit int, each func(protocol.OpenRoomRow) error) error {
			var behind []byte
			if after != "" {
				behind = protocol.OpenRoomKey(site, after)
			}
			return d.store.Rows(shard, protocol.RowOpenRoom, protocol.RowKey(site), behind, limit, func(_, v []byte) error {
				r, err := protocol.DecodeOpenRoom(v)
				if err != nil {
					return err
				}
				return each(r)
			})
		},
		OpenRoom: func(_ protocol.SiteID, room protocol.RoomID) (*protocol.OpenRoomRow, error) {
			v, err := d.store.Row(shard, protocol.RowOpenRoom, protocol.OpenRoomKey(site, room))
			if err != nil || v == nil {
				return nil, err
			}
			r, err := protocol.DecodeOpenRoom(v)
			return &r, err
		},
		ClosedRoom: func(_ protocol.SiteID, closed protocol.Instant, room protocol.RoomID) (*protocol.ClosedRoomRow, error) {
			v, err := d.store.Row(shard, protocol.RowClosedRoom, protocol.ClosedRoomKey(site, closed, room))
			if err != nil || v == nil {
				return nil, err
			}
			r, err := protocol.DecodeClosedRoom(v)
			return &r, err
		},
		Ledger: func(_ protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.LedgerEntry) error) error {
			return d.store.Rows(shard, protocol.RowLedger, protocol.RowKey(site), after, limit, func(k, v []byte) error {
				at := protocol.LedgerRowAt(site, k)
				e, err := protocol.DecodeLedgerEntry(v)
				if err != nil || at < from || at >= until {
					return err
				}
				return each(k, at, e)
			})
		},
		Ask: func(to protocol.Address, c protocol.Command, answer func(protocol.Result, *protocol.Rejection)) {
			d.engine.Ask(to, c, answer)
		},
		Events: func(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
			return d.store.Events(a, from, limit, each)
		},
		RoomByNumber: func(_ protocol.SiteID, number uint64) (protocol.RoomID, error) {
			v, err := d.store.Row(shard, protocol.RowRoomNumber, protocol.RoomNumberRowKey(site, number))
			return protocol.RoomID(v), err
		},
		Chance:  func() protocol.Chance { return protocol.Chance{} },
		Durable: func() {},
		Now:     d.now,
	})
	r := httptest.NewRequest(http.MethodGet, "/v1/sites/"+string(site)+path, nil)
	r.Header.Set("Authorization", "Bearer v1.account.administrator")
	w := httptest.NewRecorder()
	g.Handler().ServeHTTP(w, r)
	var m map[string]any
	if w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		require.NoError(d.t, json.Unmarshal(w.Body.Bytes(), &m), w.Body.String())
	}
	require.NoError(d.t, g.Shutdown(d.t.Context()))
	return w.Code, m
}

// reportsOf plays a story on the whole engine, then reads its reports.
func reportsOf(t *testing.T, name string, read func(*desk)) {
	story, err := os.ReadFile("testdata/" + name + ".txt")
	require.NoError(t, err)
	_, err = play(string(story), func(at time.Time) rig {
		return &desk{full: newFull(at).(*full), t: t, told: read}
	})
	require.NoError(t, err)
}

// TestTheEngineReportsTheWorkedExamples: E1 … E12 as A-17 plays them with commands, read over HTTP.
func TestTheEngineReportsTheWorkedExamples(t *testing.T) {
	reportsOf(t, "A-17", func(d *desk) {
		code, m := d.get("/reports/sqi?from=2021-06-09&to=2021-06-09&group=agent")
		require.Equal(t, 200, code, m)
		total := m["total"].(map[string]any)
		require.EqualValues(t, 12, total["requested"])
		require.EqualValues(t, 1, total["abandoned"])
		require.EqualValues(t, 8.3, total["abd"])
		require.EqualValues(t, 15, total["frt_samples"])
	})
	reportsOf(t, "sqi-averages", func(d *desk) {
		_, m := d.get("/reports/sqi?from=2021-06-09&to=2021-06-09&group=agent")
		want := map[string][]float64{"a": {60, 2, 240, 3, 280, 3}, "b": {60, 1, 210, 3, 230, 3}, "c": {40, 1, 20, 1, 50, 1}}
		for _, r := range m["rows"].([]any) {
			x := r.(map[string]any)
			var got []float64
			for _, k := range []string{"frt", "frt_samples", "hold", "hold_samples", "handle", "handle_samples"} {
				got = append(got, x[k].(float64))
			}
			require.Equal(t, want[x["agent"].(string)], got, x["agent"])
		}
		require.Len(t, m["rows"], 3)
	})
}

// TestADayIsTheDayOfTheClose (A-21's rooms): one that began in May and closed in June counts in June, by the site's midnight.
func TestADayIsTheDayOfTheClose(t *testing.T) {
	reportsOf(t, "A-21", func(d *desk) {
		for day, want := range map[string]float64{"2021-05-31": 0, "2021-06-01": 1, "2021-06-10": 1} {
			_, m := d.get("/reports/sqi?from=" + day + "&to=" + day)
			require.Equal(t, want, m["total"].(map[string]any)["requested"], day)
		}
	})
}

// folds stores the days that are due, as the node does in the background.
func (d *desk) folds() {
	read := func(from protocol.Instant, each func(*protocol.Figures) bool) error {
		on := true
		return d.rows(protocol.RowFigures, protocol.RowKey(site), func(_, v []byte) error {
			f, err := protocol.DecodeFigures(v)
			if on = on && err == nil; on && f.ClosedAt >= from {
				on = each(&f)
			}
			return err
		})
	}
	save := func(b protocol.SaveDayFold) error {
		r := d.do(issued{to: protocol.SiteAt(site), c: protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.System, Site: site}}})[0]
		if r.err != nil {
			return r.err
		}
		return nil
	}
	began := func(from, until protocol.Instant) (n int64, err error) {
		err = d.rows(protocol.RowStarted, protocol.RowKey(site), func(k, v []byte) error {
			r, err := protocol.DecodeStarted(v)
			if at, _ := protocol.StartedRoom(site, k); at >= from && at < until && report.Began(&r) {
				n++
			}
			return err
		})
		return n, err
	}
	require.NoError(d.t, report.FoldDue(d.facts(), d.now(), read, began, save))
}

// lines draws what a report shows, one line each.
func lines(m map[string]any, list string, keys ...string) (out []string) {
	for _, r := range m[list].([]any) {
		var say []string
		for _, k := range keys {
			if v := r.(map[string]any)[k]; v == nil {
				say = append(say, "-")
			} else {
				say = append(say, fmt.Sprint(v))
			}
		}
		out = append(out, strings.Join(say, " "))
	}
	return out
}

// TestTheWorkedJourney (A-19, R-176 … R-188): the table of 15.4 and the links of 15.5, from rooms that customers and the engine
// made, read over HTTP; before 00:40 there is nothing, and what is stored outlives the rooms.
func TestTheWorkedJourney(t *testing.T) {
	reportsOf(t, "A-19", func(d *desk) {
		const path = "/reports/journey?from=2021-06-09&to=2021-06-09"
		d.advance(time.Date(2021, 6, 10, 0, 39, 0, 0, kst))
		d.folds()
		_, m := d.get(path)
		require.Empty(t, m["rows"], "the day is made at 00:40 (R-177)")
		d.advance(time.Date(2021, 6, 10, 0, 41, 0, 0, kst))
		d.folds()
		code, m := d.get(path)
		require.Equal(t, 200, code, m)
		require.Equal(t, "2021-06-09", m["through"])
		require.Equal(t, []string{
			"1 - scenario_list 5 5 3 배송문의 delivery 3 3 2 0 0",
			"1 - scenario_list 5 5 3 error scenario_list 1 1 1 0 0",
			"1 - scenario_list 5 5 3 챗봇종료 챗봇종료 1 1 1 0 0",
			"1 error scenario_list 1 1 1 배송문의 delivery 1 1 1 0 0",
			"1 이전으로 scenario_list 2 2 2 배송문의 delivery 1 1 1 0 0",
			"1 이전으로 scenario_list 2 2 2 반품문의 return 1 1 1 0 0",
			"1 처음으로 scenario_list 1 1 1 챗봇종료 챗봇종료 1 1 1 0 0",
			"2 scenario_list delivery 5 4 2 배송조회 track 1 1 1 3 60",
			"2 scenario_list delivery 5 4 2 상담사연결 상담사연결 1 1 1 3 60",
			"2 scenario_list return 1 1 1 상담사연결 상담사연결 1 1 1 0 0",
			"3 delivery track 1 1 1 챗봇종료 챗봇종료 1 1 1 0 0",
			"3 delivery 상담사연결 1 1 1 - - - - - - -",
			"3 return 상담사연결 1 1 1 상담사진행 상담사진행 1 1 1 - -",
		}, sorted(lines(m, "rows", "stage", "previous", "dialogue", "entries", "rooms", "customers", "label", "next", "moves", "move_rooms", "move_customers", "leaves", "leave_rate"),
			"1 - ", "1 error", "1 이전으로", "1 처음으로", "2 scenario_list delivery", "2 scenario_list return", "3 delivery track", "3 delivery", "3 return"))
		before := lines(m, "rows", "stage", "previous", "dialogue", "previous_entries", "previous_rooms", "previous_customers")
		require.Contains(t, before, "2 scenario_list delivery 9 5 3")
		require.Contains(t, before, "3 delivery track 5 4 2")
		require.Contains(t, before, "1 error scenario_list - - -", "empty for start, error and hotkey rows")
		require.ElementsMatch(t, []string{
			"1/scenario_list 2/delivery 5 4 2", "1/scenario_list 2/return 1 1 1", "1/scenario_list 2/$error 1 1 1", "1/scenario_list 2/$end 2 2 2",
			"2/delivery 3/track 1 1 1", "2/delivery 3/상담사연결 1 1 1", "2/delivery 3/$leave 3 3 2", "2/return 3/상담사연결 1 1 1",
			"3/track 4/$end 1 1 1", "3/상담사연결 4/$served 1 1 1",
		}, lines(m, "links", "from", "to", "moves", "rooms", "customers"))
		require.ElementsMatch(t, []string{
			"1/scenario_list 1 처음 9 5 3", "2/delivery 2 배송문의 5 4 2", "2/return 2 반품문의 1 1 1", "2/$error 2 error 1 1 1", "2/$end 2 챗봇종료 2 2 2",
			"3/track 3 배송조회 1 1 1", "3/상담사연결 3 상담사연결 2 2 2", "3/$leave 3 이탈 3 3 2", "4/$end 4 챗봇종료 1 1 1", "4/$served 4 상담사진행 1 1 1",
		}, lines(m, "nodes", "id", "stage", "name", "entries", "rooms", "customers"))
	})
}

// sorted puts lines into the order of their beginnings, and those of one beginning by their text.
func sorted(lines []string, beginnings ...string) []string {
	rank := func(l string) int {
		return slices.IndexFunc(beginnings, func(b string) bool { return strings.HasPrefix(l, b) })
	}
	slices.SortStableFunc(lines, func(a, b string) int { return rank(a) - rank(b) })
	return lines
}

// TestADisabledBotHasNoJourney: not then, and not later.
func TestADisabledBotHasNoJourney(t *testing.T) {
	reportsOf(t, "A-20", func(d *desk) {
		d.folds()
		code, m := d.get("/reports/journey?from=2021-06-10&to=2021-06-10")
		require.Equal(t, 200, code, m)
		require.Empty(t, m["rows"])
		require.Equal(t, "2021-06-10", m["through"], "the day is made, and the bot is not in it")
		r := d.do(issued{to: protocol.SiteAt(site), c: protocol.Command{
			Body:   protocol.SaveBot{Bot: "main", Set: protocol.BotEnabled, Enabled: true},
			Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"},
		}})[0]
		require.Nil(t, r.err)
		d.advance(d.now().Add(48 * time.Hour))
		d.folds()
		_, m = d.get("/reports/journey?from=2021-06-10&to=2021-06-10")
		require.Empty(t, m["rows"], "it never appears later")
		_, m = d.get("/reports/sqi?from=2021-06-10&to=2021-06-10")
		require.EqualValues(t, 0, m["total"].(map[string]any)["requested"], "the other figures of the day are not the bot's")
	})
}

// TestTheJourneysWindow: on 11 June 2021, 10 May to 10 June are 32 days; 11 May to 10 June can be chosen.
func TestTheJourneysWindow(t *testing.T) {
	reportsOf(t, "A-20", func(d *desk) { // it is the morning of the eleventh
		for query, field := range map[string]string{
			"from=2021-05-10&to=2021-06-10": "from", "from=2021-06-11&to=2021-06-11": "to", "from=2021-06-10&to=2021-06-09": "from",
			"from=2021-06-10&to=2021-06-10&bot=other": "bot",
		} {
			code, m := d.get("/reports/journey?" + query)
			require.Equal(t, 422, code, query)
			require.Equal(t, "bad_request", m["code"])
			require.Equal(t, field, m["field"], query)
		}
		code, _ := d.get("/reports/journey?from=2021-05-11&to=2021-06-10")
		require.Equal(t, 200, code)
	})
}

// TestTheWorkedDashboard (16.1, R-190 … R-193): today is 7 June; the month has four rooms that were closed on 1–6 June, the day one.
// All consultations are by the day of the start; a refused request counts nowhere. From the stored days the month is the same,
// and it stays the same when the rooms are gone.
func TestTheWorkedDashboard(t *testing.T) {
	reportsOf(t, "dashboard", func(d *desk) {
		month := func() {
			t.Helper()
			code, m := d.get("/reports/dashboard?view=month")
			require.Equal(t, 200, code, m)
			require.Equal(t, []any{"2021-06-01", "2021-06-06"}, []any{m["from"], m["to"]})
			require.EqualValues(t, 4, m["closed"])
			require.EqualValues(t, 500, m["average"], "(600 + 300 + 900 + 200) / 4")
			require.EqualValues(t, 4, m["created"])
			require.EqualValues(t, 0, m["charged"])
			require.Contains(t, lines(m, "channels", "channel", "closed", "average"), "WEB 4 500")
			require.Equal(t, "a A 1 2 1 3 600", lines(m, "agents", "agent", "agent_name", "received", "active", "closed_today", "closed", "average")[0])
		}
		month()
		d.folds()
		month()
		code, m := d.get("/reports/dashboard")
		require.Equal(t, 200, code, m)
		require.EqualValues(t, 1, m["closed"])
		require.EqualValues(t, 60, m["average"])
		require.EqualValues(t, 4, m["created"], "K5, K6, K7 and K9")

		code, m = d.get("/live")
		require.Equal(t, 200, code, m)
		for k, want := range map[string]any{"bot": 0.0, "waiting": 0.0, "received": 1.0, "active": 2.0, "inquiry": 1.0, "answered": 1.0} {
			require.Equal(t, want, m[k], k)
		}
		a := m["agents"].([]any)[0].(map[string]any)
		require.Equal(t, []any{"a", 3.0, 1.0, 1.0, 1.0, "2021-06-07T01:01:00.000Z"},
			[]any{a["agent"], a["load"], a["received"], a["inquiry"], a["answered"], a["oldest_unanswered_at"]}, "K6 waits since 10:01, K7 since its first message of 10:03")

		_, m = d.get("/reports/consultations")
		require.Equal(t, map[string]any{"total": 8.0, "agent": 4.0, "customer": 1.0, "auto": 0.0}, m["counters"])
		require.Equal(t, []string{
			"ACTIVE a - -", "ACTIVE a - -", "RECEIVED a - -", "CLOSED a AGENT 60",
			"BOT_CLOSED - CUSTOMER 200", "CLOSED a AGENT 900", "CLOSED a AGENT 300", "CLOSED a AGENT 600",
		}, lines(m, "rows", "state", "agent", "ended_by", "seconds"))
	})
}

// TestTheVendorsCounters (16.3, R-195, R-196): 865 consultations made by commands: 152 ended by the agent, 308 by their customers, 393 by the
// timer; of the other 12, which are in no counter, half were ended by a manager and half are open.
func TestTheVendorsCounters(t *testing.T) {
	reportsOf(t, "counters", func(d *desk) {
		agent, manager := protocol.Caller{Role: protocol.Agent, Site: site, Account: "a", Name: "A"}, protocol.Caller{Role: protocol.Manager, Site: site, Account: "m", Name: "M"}
		rooms, customers := []protocol.RoomID{}, []protocol.Caller{}
		start := func(n int) {
			var all []issued
			for range n {
				key := protocol.CustomerKey(fmt.Sprintf("1000_k%04d", len(customers)))
				who := protocol.Caller{Role: protocol.Visitor, Site: site, Customer: key}
				customers = append(customers, who)
				all = append(all, issued{to: protocol.CustomersAt(site), c: protocol.Command{Body: protocol.StartRoom{Key: key, Channel: protocol.Web}, Caller: who, ClientID: protocol.ClientID("start-" + key)}})
			}
			for _, r := range d.do(all...) {
				require.Nil(t, r.err)
				rooms = append(rooms, r.result.(protocol.Started).Room)
			}
		}
		end := func(from, n int, by func(i int) protocol.Caller) {
			var all []issued
			for i := from; i < from+n; i++ {
				all = append(all, issued{to: protocol.RoomAt(site, rooms[i]), c: protocol.Command{Body: protocol.EndRoom{Room: rooms[i]}, Caller: by(i), ClientID: protocol.ClientID(fmt.Sprintf("end-%06d", i))}})
			}
			for _, r := range d.do(all...) {
				require.Nil(t, r.err)
			}
		}
		start(393)
		d.advance(d.now().Add(11 * time.Minute)) // nobody answers
		start(152 + 308 + 12)
		end(393, 152, func(int) protocol.Caller { return agent })
		end(393+152, 308, func(i int) protocol.Caller { return customers[i] })
		end(393+152+308, 6, func(int) protocol.Caller { return manager })
		code, m := d.get("/reports/consultations?limit=1")
		require.Equal(t, 200, code, m)
		require.Equal(t, map[string]any{"total": 865.0, "agent": 152.0, "customer": 308.0, "auto": 393.0}, m["counters"])
		require.Len(t, m["rows"], 1)
	})
}

// TestTheDashboardCountsTheCharges (19.4): 총 과금 수 is the number of Kakao charge entries of the period.
func TestTheDashboardCountsTheCharges(t *testing.T) {
	reportsOf(t, "billing-B-1-to-5", func(d *desk) { // it is the morning of the eleventh
		_, m := d.get("/reports/dashboard?view=month")
		require.EqualValues(t, 1, m["charged"], "B-1; B-2 and B-3 are of the same billing day, B-4 is charged nothing")
		_, m = d.get("/reports/dashboard")
		require.EqualValues(t, 1, m["charged"], "B-5")
	})
}

// TestTheDetailOfARoom (18.4, R-223): every field, of a room that people made, read over HTTP by its number.
func TestTheDetailOfARoom(t *testing.T) {
	reportsOf(t, "detail", func(d *desk) {
		code, m := d.get("/rooms/1")
		require.Equal(t, 200, code, m)
		room, info := m["room"].(map[string]any), m["info"].(map[string]any)
		require.Equal(t, "2021-06-09T01:00:00.000Z", room["created_at"])
		require.Equal(t, "2021-06-09T01:07:30.000Z", room["closed_at"])
		require.Equal(t, "WEB", room["channel"])
		require.Equal(t, []any{"VIP", "배송"}, room["tags"])
		require.Equal(t, []any{"일반 문의", "상품 문의"}, []any{info["category1"], info["category2"]})
		require.Equal(t, "A > B", info["agents"])
		require.EqualValues(t, 450, info["total_seconds"], "closed_at - created_at (Q-45)")
		said, files := []string{}, 0
		for _, e := range m["events"].([]any) {
			data := e.(map[string]any)["data"].(map[string]any)
			if text, ok := data["text"].(string); ok && e.(map[string]any)["type"] == "message.new" {
				said = append(said, text)
			}
			if data["file"] != nil {
				files++
			}
		}
		require.Subset(t, said, []string{"배송이 늦어요", "안녕하세요", "단골 고객", "확인했습니다"})
		require.Equal(t, 1, files, "the attachment, to be fetched under /files")
	})
}
