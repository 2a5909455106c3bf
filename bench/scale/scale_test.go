package scale

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fillVariable makes the test binary the process that fills a store and is killed.
const fillVariable = "SWITCHYARD_SCALE_FILL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(fillVariable); dir != "" {
		rooms, _ := strconv.Atoi(os.Getenv(fillVariable + "_ROOMS"))
		if err := Fill(context.Background(), dir, rooms, 4, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(Filled)
		select {}
	}
	os.Exit(m.Run())
}

// TestEveryPartMeasuresWhatItSays: small enough for every run; the figures are worthless, but each part checks that
// what it timed has happened: every room assigned, back, or closed by its deadline (F-23).
func TestEveryPartMeasuresWhatItSays(t *testing.T) {
	const rooms = 300
	o := Options{
		Rooms: rooms, Agents: 4, Pairs: 1, Parts: []string{"release", "memory", "restart"}, Dir: t.TempDir(), brief: true,
		Child: func(ctx context.Context, dir string) *exec.Cmd {
			c := exec.CommandContext(ctx, os.Args[0])
			c.Env = append(os.Environ(), fillVariable+"="+dir, fillVariable+"_ROOMS="+strconv.Itoa(rooms))
			return c
		},
	}
	var after []int // figures that an interrupted run would have kept, after each part
	o.Done = func(figures []Figure) error {
		after = append(after, len(figures))
		return nil
	}
	figures, err := Run(t.Context(), o)
	require.NoError(t, err)
	goals := map[string]int{}
	for _, f := range figures {
		goals[f.Goal]++
	}
	require.Equal(t, map[string]int{"PERF-2d": 3, "PERF-3": 1, "PERF-10": 2, "PERF-3b": 1, "PERF-5": 4, "PERF-5b": 1, "PERF-3c": 1, "F-23": 3}, goals)
	require.Equal(t, []int{3, 6, len(figures)}, after)
	var table strings.Builder
	require.NoError(t, WriteTable(&table, figures))
	require.Contains(t, table.String(), "overdue deadlines after a restart, each fired once")
}

// TestTheMindIsTheRealOne: the driver's assignments are the queue's own, and the oldest room leaves for each new one.
func TestTheMindIsTheRealOne(t *testing.T) {
	q := newMind(20, 4, 5)
	q.cycle(100, 20, 4)
	require.Len(t, q.rooms, 60)
	for _, rooms := range []int{1, 600} { // more than two slices of a pass
		open := newMorning(20, rooms)
		require.Equal(t, rooms, open())
	}
}

func TestVerdicts(t *testing.T) {
	ratio := func(v float64) *Spread { return &Spread{v, v, v} }
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{Figure{Value: Spread{Median: 5}}, ""},
		{Figure{Value: Spread{Median: 5}, Floor: 4, Best: 6}, "floor"},
		{Figure{Value: Spread{Median: 6}, Floor: 4, Best: 6}, "goal"},
		{Figure{Value: Spread{Median: 3}, Floor: 4, Best: 6}, Missed},
		{Figure{Value: Spread{Median: 3}, Floor: 4, Best: 2, Less: true}, "floor"},
		{Figure{Value: Spread{Median: 3}, Ratio: ratio(5), Floor: 4, Best: 2, Less: true}, Missed},
		{Figure{Value: Spread{Median: 3}, Ratio: ratio(1), Floor: 4, Best: 2, Less: true}, "goal"},
	} {
		require.Equal(t, c.want, c.f.Verdict(), c.f.String())
	}
}

func TestSpread(t *testing.T) {
	require.Equal(t, Spread{Median: 3, Min: 1, Max: 9}, spread(9, 1, 3))
	require.Equal(t, Spread{Median: 2, Min: 1, Max: 3}, spread(3, 1))
	require.Equal(t, Spread{}, spread())
}
