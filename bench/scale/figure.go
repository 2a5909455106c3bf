package scale

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// Spread is a quantity measured several times.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spread(values ...float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return Spread{Median: (v[(len(v)-1)/2] + v[len(v)/2]) / 2, Min: v[0], Max: v[len(v)-1]}
}

// Figure is one quantity. What is judged is its ratio to the ceiling, where there is one and the goal is a ratio,
// else the value itself.
type Figure struct {
	Goal    string  `json:"goal"` // its id in the goals: PERF-3
	What    string  `json:"what"`
	Unit    string  `json:"unit"`
	Value   Spread  `json:"value"`
	Ceiling string  `json:"ceiling,omitempty"` // what the ceiling is; empty = none
	Beside  Spread  `json:"ceiling_value"`     // the ceiling, in the same unit unless CeilingUnit says another
	CeilU   string  `json:"ceiling_unit,omitempty"`
	Ratio   *Spread `json:"ratio,omitempty"` // value by ceiling, pair by pair; nil = the value is judged
	Floor   float64 `json:"floor,omitempty"`
	Best    float64 `json:"best,omitempty"` // the goal; 0 = a figure for information
	Less    bool    `json:"less"`           // less is better
	Note    string  `json:"note,omitempty"`
}

// Missed is the verdict on a figure below its floor.
const Missed = "MISSED"

// Verdict is "goal", "floor" (between floor and goal), Missed, or empty for a figure without a goal.
func (f *Figure) Verdict() string {
	if f.Best == 0 {
		return ""
	}
	v := f.Value.Median
	if f.Ratio != nil {
		v = f.Ratio.Median
	}
	reached := func(bar float64) bool {
		if f.Less {
			return v <= bar
		}
		return v >= bar
	}
	switch {
	case reached(f.Best):
		return "goal"
	case reached(f.Floor):
		return "floor"
	}
	return Missed
}

func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1 || a == 0:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.4f", v)
}

func (s Spread) String() string {
	if s.Min == s.Max {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s … %s)", number(s.Median), number(s.Min), number(s.Max))
}

func (f *Figure) cells() []string {
	c := []string{f.Goal, f.What, f.Value.String() + " " + f.Unit, "", "", "", f.Verdict()}
	if f.Ceiling != "" {
		unit := f.CeilU
		if unit == "" {
			unit = f.Unit
		}
		c[3] = f.Ceiling + " " + f.Beside.String() + " " + unit
	}
	if f.Ratio != nil {
		c[4] = f.Ratio.String()
	}
	if f.Best != 0 {
		sign := "≥"
		if f.Less {
			sign = "≤"
		}
		c[5] = fmt.Sprintf("%s %s, %s %s", sign, number(f.Floor), sign, number(f.Best))
		if f.Floor == f.Best {
			c[5] = sign + " " + number(f.Best)
		}
	}
	return c
}

// String is the figure on a line.
func (f *Figure) String() string {
	c := slices.DeleteFunc(f.cells(), func(s string) bool { return s == "" })
	s := strings.Join(c, " · ")
	if f.Note != "" {
		s += " · " + f.Note
	}
	return s
}

// WriteTable writes figures for people.
func WriteTable(w io.Writer, figures []Figure) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "goal\tquantity\tmedian (min … max)\tceiling\tratio\tfloor, goal\t")
	for i := range figures {
		fmt.Fprintln(t, strings.Join(figures[i].cells(), "\t"))
	}
	for i := range figures {
		if figures[i].Note != "" {
			fmt.Fprintf(t, "%s, %s: %s\n", figures[i].Goal, figures[i].What, figures[i].Note)
		}
	}
	return t.Flush()
}
