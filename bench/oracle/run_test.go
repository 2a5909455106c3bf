package oracle

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Chance does not come twice, a wrong mind does: what is beyond the bound is played again with other seeds,
// and fails if it is beyond it again.
func TestWhatIsBeyondIsPlayedAgain(t *testing.T) {
	s := sheets(t, "a")[0]
	s.Rows = s.Rows[:3]
	o := Options{Seeds: 20, Arrivals: 2000, Bound: 0.8, Bare: true} // a bound that chance passes often
	r, err := Run(t.Context(), []Sheet{s}, o)
	require.NoError(t, err)
	repeated, beyond := 0, 0
	for _, f := range r.Tables[0].Rows {
		if math.Abs(f.Z) > o.Bound {
			repeated++
			require.NotNil(t, f.AgainZ, f.Quantity)
			require.NotEqual(t, f.Z, *f.AgainZ)
			if math.Abs(*f.AgainZ) > o.Bound {
				beyond++
			}
		} else {
			require.Nil(t, f.AgainZ)
		}
	}
	require.Positive(t, repeated)
	require.Equal(t, repeated, r.Repeated)
	require.Equal(t, beyond, r.Beyond)

	s.Rows[0].Expected = map[string]float64{"p_wait": 0.62} // it is 0.5595
	o.Bound = 3.5
	r, err = Run(t.Context(), []Sheet{s}, o)
	require.NoError(t, err)
	require.Equal(t, 1, r.Repeated)
	require.Equal(t, 1, r.Beyond)
	require.False(t, r.Passed())
}
