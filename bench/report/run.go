// Package report is what a run came to: one JSON file and one page per run, and the
// comparison of two. It measures nothing.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"switchyard/bench/machine"
	"switchyard/bench/stat"
)

// Format is the version of the JSON file.
const Format = 1

// Run is one run of a profile.
type Run struct {
	Format   int           `json:"format"`
	Profile  string        `json:"profile"`
	Summary  string        `json:"summary"`
	Command  string        `json:"command"` // that repeats it
	Began    time.Time     `json:"began"`
	Took     float64       `json:"took_seconds"`
	Machine  machine.Facts `json:"machine"`
	Ceilings []Figure      `json:"ceilings,omitempty"`
	Loads    []Load        `json:"loads"`
	Ratios   []Ratio       `json:"ratios"`
	Curves   []Curve       `json:"curves,omitempty"`
}

// Figure is one measured quantity with its repetitions.
type Figure struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	Less bool   `json:"less_is_better,omitempty"`
	stat.Spread
}

// Load is what one load of the profile measured.
type Load struct {
	Name    string         `json:"name"`
	Kind    string         `json:"kind"`
	Says    string         `json:"says"` // in a sentence: what was done
	Failed  string         `json:"failed,omitempty"`
	Took    float64        `json:"took_seconds"`
	Figures []Figure       `json:"figures"`
	Times   []NamedLatency `json:"latencies,omitempty"`
}

// NamedLatency is a distribution of times and what it is of.
type NamedLatency struct {
	Name string `json:"name"`
	stat.Latency
}

// Curve is one plot of the page.
type Curve struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	X      Axis     `json:"x"`
	Y      Axis     `json:"y"`
	Series []Series `json:"series"`
}

// Axis is one axis of a plot.
type Axis struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	Log  bool   `json:"log,omitempty"`
}

// Series is one line of a plot; a point has x, y and, where repetitions spread, the least and greatest y.
type Series struct {
	Name   string       `json:"name"`
	Points [][4]float64 `json:"points"`
}

// Point is a point of a series.
func Point(x float64, y stat.Spread) [4]float64 { return [4]float64{x, y.Median, y.Min, y.Max} }

// Add keeps a figure.
func (l *Load) Add(name, unit string, less bool, values ...float64) {
	l.Figures = append(l.Figures, Figure{name, unit, less, stat.Of(values)})
}

// WriteJSON writes the file.
func (r *Run) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// Read reads a file that WriteJSON wrote.
func Read(path string) (*Run, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r Run
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("%s: format is %d, this program reads %d", path, r.Format, Format)
	}
	return &r, nil
}
