package oracle

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func sheets(t *testing.T, names ...string) []Sheet {
	t.Helper()
	var all []Sheet
	for _, name := range names {
		s, err := BuiltIn(name)
		require.NoError(t, err)
		all = append(all, s)
	}
	return all
}

// The queue mind serves in the order in which a bare line of n servers does, whatever the number of agents,
// their limit and the balancer (I-12, I-13): every customer's wait is the same to the last digit.
// Rooms are conserved exactly, the queue's own count of who waits is Little's (PERF-7).
func TestEveryRowIsTheBareSimulatorsToTheLastDigit(t *testing.T) {
	same := 0
	for _, sheet := range sheets(t, TableNames...) {
		for _, row := range sheet.Rows {
			for seed := range uint64(2) {
				x, err := runReal(&row, seed+1, 2000, true)
				require.NoError(t, err)
				_, _, err = x.conserved()
				require.NoError(t, err, row.Label)
				require.LessOrEqual(t, x.tally.little(), 1e-9, row.Label)
				require.Equal(t, 1800, x.tally.counted, row.Label)
				require.Positive(t, x.closed)
				if !bareCan(&row) {
					continue
				}
				same++
				b := runBare(&row, seed+1, 2000)
				require.LessOrEqual(t, b.little(), 1e-9)
				got := x.tally.means()
				for q, v := range b.means() {
					if q != "queue" && q != "open" && q != "occupancy" { // areas: the same up to rounding
						require.Equal(t, v, got[q], "%s %s", row.Label, q)
					}
					require.InEpsilon(t, 1+v, 1+got[q], 1e-9, "%s %s", row.Label, q)
				}
			}
		}
	}
	require.Greater(t, same, 120)
}

// What the checks would say of a mind that loses a room, or of a wait that was not counted.
func TestWhatIsWrongIsSeen(t *testing.T) {
	row := sheets(t, "a")[0].Rows[2]
	x, err := runReal(&row, 1, 2000, false)
	require.NoError(t, err)
	x.created++
	_, _, err = x.conserved()
	require.ErrorContains(t, err, "created")
	x.created--
	for i := range x.places {
		if x.places[i].state == held {
			x.places[i].agent = (x.places[i].agent + 1) % int32(row.Agents)
			break
		}
	}
	_, _, err = x.conserved()
	require.ErrorContains(t, err, "not where the queue has it")
	x.tally.waitInside *= 1.002
	require.Greater(t, x.tally.little(), LittleBound)
}

// The same seed is the same run.
func TestASeedIsARun(t *testing.T) {
	row := sheets(t, "extra")[0].Rows[18]
	require.NotEmpty(t, row.Speed)
	a, err := runReal(&row, 7, 3000, true)
	require.NoError(t, err)
	b, err := runReal(&row, 7, 3000, true)
	require.NoError(t, err)
	require.Equal(t, a.tally, b.tally)
	c, err := runReal(&row, 8, 3000, true)
	require.NoError(t, err)
	require.False(t, math.Abs(a.tally.wait-c.tally.wait) < 1e-9)
}
