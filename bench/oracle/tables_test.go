package oracle

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every published digit of the tables is what the formulas give (PERF-7).
func TestFormulasGiveEveryPrintedDigit(t *testing.T) {
	digits := 0
	for _, name := range TableNames {
		sheet, err := BuiltIn(name)
		require.NoError(t, err)
		for _, r := range sheet.Rows {
			if name != "extra" {
				require.NotEmpty(t, r.Printed, r.Label)
			}
			exact, err := r.exact()
			require.NoError(t, err, r.Label)
			beta := (float64(r.slots()) - r.Load) / math.Sqrt(r.Load)
			for q, printed := range r.Printed {
				var got float64
				switch q {
				case "wait_s":
					got = exact["wait"].value * r.AHT
				case "served_within":
					got = exact[within(r.Within[0])].value
				case "halfin_whitt": // the row's β, not that of a rounded n
					_, err := fmt.Sscanf(r.Label, "β=%g", &beta)
					require.NoError(t, err)
					got = HalfinWhitt(beta)
				case "garnett":
					got = Garnett(beta, r.theta())
				default:
					e, ok := exact[q]
					require.True(t, ok, "%s %s", r.Label, q)
					got = e.value
				}
				decimals := len(printed) - strings.Index(printed, ".") - 1
				want, err := strconv.ParseFloat(printed, 64)
				require.NoError(t, err)
				require.InDelta(t, want, got, 0.5000001*math.Pow10(-decimals), "%s %s %s: %s printed", name, r.Label, q, printed)
				digits++
			}
		}
	}
	require.Equal(t, 11+12*5+12*5+5*6+16*2+5*3, digits)
}
