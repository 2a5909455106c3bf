package metrics

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

var update = flag.Bool("update", false, "write testdata/metrics.txt anew")

// filled is a catalog in which everything has happened once, so that every series exists.
func filled() *Catalog {
	c := New(Sources{Version: "test"})
	c.Opened("agent")
	c.Closed("agent", 1000)
	c.HandshakeRefused("origin")
	c.Command("message.send", time.Millisecond)
	c.Rejected("taken")
	c.Resumed("recovered")
	c.Login("ok")
	c.Stepped(protocol.KindQueue, "seat.ask", time.Microsecond)
	c.Recovered("all", time.Second)
	a := protocol.RoomAt("s", "r_1")
	for _, e := range []protocol.Event{
		&protocol.RoomOpened{Channel: protocol.Web}, &protocol.RoomQueued{},
		&protocol.RoomAssigned{Assignment: 1, Cause: protocol.CauseBacklog}, &protocol.MessagePosted{From: protocol.FromAgent, Kind: protocol.Text},
	} {
		c.Durable(a, &protocol.Recorded{At: 1000, Event: e})
	}
	return c
}

// TestNames lints every metric and pins the names with their help.
func TestNames(t *testing.T) {
	c := filled()
	problems, err := testutil.GatherAndLint(c.registry)
	require.NoError(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	families, err := c.registry.Gather()
	require.NoError(t, err)
	var lines []string
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "switchyard_") {
			lines = append(lines, f.GetName()+" "+strings.ToLower(f.GetType().String())+" — "+f.GetHelp())
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/metrics.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// TestRoomsFold follows rooms through their states; what is closed is in no gauge.
func TestRoomsFold(t *testing.T) {
	c := filled()
	gauge := func(s protocol.RoomState) float64 {
		return testutil.ToFloat64(c.rooms.WithLabelValues(s.String(), "WEB"))
	}
	require.Equal(t, 1.0, gauge(protocol.Active))
	require.Equal(t, 0.0, gauge(protocol.Waiting))
	c.Durable(protocol.RoomAt("s", "r_1"), &protocol.Recorded{Event: &protocol.RoomClosed{State: protocol.Closed}})
	require.Equal(t, 0.0, gauge(protocol.Active))
	require.Empty(t, c.fold.rooms)
	c.Found("s", []protocol.OpenRoomDue{{Room: "r_2", State: protocol.Waiting, Channel: protocol.Web}})
	require.Equal(t, 1.0, gauge(protocol.Waiting))
	require.Equal(t, 1.0, testutil.ToFloat64(c.waiting.WithLabelValues("s")))
}

// TestRoomsAreFoundWhileTheNodeServes: what a room has told before it was found is newer than its row, and nothing counts twice.
func TestRoomsAreFoundWhileTheNodeServes(t *testing.T) {
	c := New(Sources{Version: "test"})
	told := func(room protocol.RoomID, events ...protocol.Event) {
		for _, e := range events {
			c.Durable(protocol.RoomAt("s", room), &protocol.Recorded{At: 1000, Event: e})
		}
	}
	answer := &protocol.MessagePosted{From: protocol.FromAgent, Kind: protocol.Text}
	told("closed", answer, &protocol.RoomClosed{State: protocol.Closed})
	told("answered", answer)
	told("gone", &protocol.RoomClosed{State: protocol.Closed}) // its row is deleted when the rows are read
	told("new", &protocol.RoomOpened{Channel: protocol.Web}, &protocol.RoomQueued{})
	row := func(room protocol.RoomID, state protocol.RoomState) protocol.OpenRoomDue {
		return protocol.OpenRoomDue{Room: room, State: state, Channel: protocol.Web, RequestedAt: 1}
	}
	c.Found("s", []protocol.OpenRoomDue{
		row("closed", protocol.Received), row("answered", protocol.Received), row("new", protocol.Waiting), row("still", protocol.Received),
	})
	c.Found("s", []protocol.OpenRoomDue{row("still", protocol.Received)}) // the site is loaded again
	c.FoundAll()
	gauge := func(s protocol.RoomState) float64 {
		return testutil.ToFloat64(c.rooms.WithLabelValues(s.String(), "WEB"))
	}
	require.Equal(t, []float64{1, 1, 1}, []float64{gauge(protocol.Waiting), gauge(protocol.Received), gauge(protocol.Active)})
	require.Len(t, c.fold.rooms, 3)
	require.Nil(t, c.fold.early)
	for _, room := range []protocol.RoomID{"answered", "new", "still"} {
		told(room, &protocol.RoomClosed{State: protocol.Closed})
	}
	require.Equal(t, []float64{0, 0, 0}, []float64{gauge(protocol.Waiting), gauge(protocol.Received), gauge(protocol.Active)})
	require.Zero(t, testutil.ToFloat64(c.waiting.WithLabelValues("s")))
}

// TestSeriesBudget: neither sites nor close codes from outside make series without a bound (F-31).
func TestSeriesBudget(t *testing.T) {
	c := filled()
	for i := range 10_000 {
		site := protocol.SiteID("s" + strings.Repeat("x", i%7) + time.Duration(i).String())
		c.Found(site, []protocol.OpenRoomDue{{Room: "r", State: protocol.Waiting, Channel: protocol.Web}})
		c.Closed("agent", i)
		c.Violated(errText(time.Duration(i).String() + ": no"))
	}
	n, err := testutil.GatherAndCount(c.registry)
	require.NoError(t, err)
	require.Less(t, n, 600)
}

type errText string

func (e errText) Error() string { return string(e) }
