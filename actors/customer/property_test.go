package customer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// dumbRoom is a room that only opens, joins and closes.
type dumbRoom struct {
	customer protocol.CustomerNo // who opened it; a room keeps its number for ever
	closed   bool
}

// settle carries the mail of the last step to dumb rooms and back, until nobody writes any more.
func (x *story) settle(rooms map[protocol.RoomID]*dumbRoom) {
	mail := x.step.Tells
	for len(mail) > 0 {
		t := mail[0]
		mail = mail[1:]
		id := protocol.RoomID(t.To.ID)
		r := rooms[id]
		switch b := t.Body.(type) {
		case protocol.OpenRoom:
			require.Nil(x.t, r, "opened once")
			rooms[id] = &dumbRoom{customer: b.Customer}
		case protocol.Arrive:
			if r == nil || r.closed {
				x.do(protocol.ArrivalReturned{Room: id, Start: b.Start, ClientID: b.ClientID})
				mail = append(mail, x.step.Tells...)
			}
		case protocol.AskNewest:
			if r != nil && !r.closed {
				b.Best = id
			}
			b.Asked, b.Left = append(b.Asked, id), b.Left[1:]
			if len(b.Left) > 0 {
				t.To.ID, t.Body = string(b.Left[0]), b
				mail = append(mail, t)
			} else {
				x.do(protocol.NewestFound{Start: b.Start, ClientID: b.ClientID, Asked: b.Asked, Best: b.Best})
				mail = append(mail, x.step.Tells...)
			}
		}
	}
}

// audit looks at all rows at once, as a reader may between two commands (I-18).
func (x *story) audit(t require.TestingT, rooms map[protocol.RoomID]*dumbRoom) {
	records := map[protocol.CustomerNo]*protocol.Customer{}
	profiles := map[string]*protocol.Profile{}
	for k, v := range x.rows {
		switch {
		case len(v) == 0:
		case strings.HasPrefix(k, fmt.Sprint(protocol.RowCustomer)+string(protocol.RowKey(siteID))):
			r, err := protocol.DecodeCustomer(v)
			require.NoError(t, err)
			records[r.No] = r
		case strings.HasPrefix(k, fmt.Sprint(protocol.RowProfile)+string(protocol.RowKey(siteID))):
			p, err := protocol.DecodeProfile(v)
			require.NoError(t, err)
			profiles[p.ID] = p
		}
	}
	history, of := uint64(0), map[protocol.CustomerNo]protocol.CustomerNo{} // number -> the record whose it is
	for id, p := range profiles {
		require.LessOrEqual(t, len(p.Members), membersMax, "K-08")
		sum := uint64(0)
		for _, m := range p.Members {
			k := records[m.No]
			require.NotNil(t, k)
			require.Equal(t, [3]string{id, string(m.Key), m.Channel.String()}, [3]string{k.ID, string(k.Key), k.Channel.String()}, "K-05")
			sum += k.Rooms
			for _, no := range append([]protocol.CustomerNo{m.No}, m.Also...) {
				require.Zero(t, of[no], "a number belongs to one customer")
				of[no] = m.No
			}
			if k.Channel == protocol.Web && strings.HasPrefix(string(k.Key), "1000_id") {
				require.Equal(t, "1000_"+k.ID, string(k.Key), "K-03")
			}
		}
		require.Equal(t, sum, p.Rooms, "R-209")
		history += sum
	}
	require.EqualValues(t, len(rooms), history, "no room leaves the history")
	for no, k := range records {
		require.NotZero(t, of[no], "nobody is lost")
		if k.Merged != 0 {
			require.Equal(t, k.Merged, of[no])
			require.Zero(t, records[k.Merged].Merged, "an alias leads to a record")
		}
	}
	open := map[protocol.CustomerNo][]protocol.RoomID{}
	byNumber := map[protocol.CustomerNo]int{}
	for id, r := range rooms {
		if !r.closed {
			open[of[r.customer]] = append(open[of[r.customer]], id)
			byNumber[r.customer]++
			require.Equal(t, 1, byNumber[r.customer], "I-04")
		}
	}
	for no, k := range records {
		if k.Merged == 0 {
			require.ElementsMatch(t, open[no], k.Open, "I-04")
		}
	}
}

// TestAnyHistoryOfIdentities: random arrivals, edits of the ID, merges and closes keep I-04, I-18, K-05,
// K-08 and R-209 after every command, and the log makes the same rows again (I-06).
func TestAnyHistoryOfIdentities(t *testing.T) {
	ids := []string{"id1", "id2", "id3", "id4"}
	keys := []protocol.CustomerKey{"1000_w1", "1000_w2", "1000_w3", "1000_k1", "1000_k2", "1000_k3"}
	rapid.Check(t, func(rt *rapid.T) {
		x := begin(rt)
		rooms := map[protocol.RoomID]*dumbRoom{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			key := rapid.SampledFrom(keys).Draw(rt, "key")
			id := rapid.SampledFrom(ids).Draw(rt, "id")
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0, 1:
				b := protocol.StartRoom{Key: key, Channel: protocol.Web}
				if key[5] == 'k' {
					b.Channel = protocol.Kakao
				}
				if rapid.Bool().Draw(rt, "uid") {
					b.Params = []protocol.Param{{Name: "site_uid", Value: id}}
				}
				require.Nil(rt, x.try(channel, "", b))
			case 2, 3:
				x.step.Tells = nil
				if rapid.Bool().Draw(rt, "by its newer key") {
					key = protocol.CustomerKey("1000_" + rapid.SampledFrom(ids).Draw(rt, "from"))
				}
				x.renames(key, id, rapid.IntRange(0, 3).Draw(rt, "confirmed") > 0)
			case 4:
				x.step.Tells = nil
				open := []protocol.RoomID{}
				for r, d := range rooms {
					if !d.closed {
						open = append(open, r)
					}
				}
				if len(open) > 0 {
					slices.Sort(open)
					r := rapid.SampledFrom(open).Draw(rt, "room")
					rooms[r].closed = true
					x.do(protocol.RoomDone{Room: r, Customer: rooms[r].customer, At: protocol.At(x.now)})
				}
			case 5:
				x.step.Tells = nil
				if x.s.Last > 0 {
					no := protocol.CustomerNo(rapid.Uint64Range(1, uint64(x.s.Last)).Draw(rt, "no"))
					x.do(protocol.SaveProfile{Customer: no, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: id}}, At: protocol.At(x.now)})
				}
			}
			x.settle(rooms)
			x.audit(rt, rooms)
		}
		again, rows := Machine.New(x.s.Addr), map[string][]byte{}
		for _, e := range x.log {
			Apply(again, e)
		}
		for _, row := range Rows(again, x.log) {
			rows[fmt.Sprint(row.Kind, string(row.Key))] = row.Value
		}
		require.Equal(rt, string(Snapshot(x.s)), string(Snapshot(again)))
		require.Equal(rt, x.rows, rows)
	})
}
