// Package profile says what a run does. Profiles are JSON files: some are in the binary,
// any other is read from a path.
package profile

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed *.json
var files embed.FS

// Profile is a run: ceilings first, then loads, each of them in turns with its own ceiling.
type Profile struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`

	Pairs   int     `json:"pairs"`        // of ceiling and system, in turns; 1 to 100
	Seconds float64 `json:"seconds"`      // of each measurement; 0.1 to 600
	Warm    float64 `json:"warm_seconds"` // before each; 0 to 60

	Ceilings Ceilings `json:"ceilings"`
	Loads    []Load   `json:"loads"`
}

// Ceilings are the bare parts that are measured once per run.
type Ceilings struct {
	Repetitions int     `json:"repetitions"` // 0: leave them out; else 3 to 100
	Seconds     float64 `json:"seconds"`     // of each repetition; 0.1 to 60
}

// Load is one load. Which fields it takes depends on its kind (see kinds); another one is an error.
type Load struct {
	Name string `json:"name"` // unique in the profile
	Kind string `json:"kind"`

	Connections int       `json:"connections,omitempty"` // sockets that send, or wait
	Agents      int       `json:"agents,omitempty"`
	Window      int       `json:"window,omitempty"` // frames without an answer per socket
	TextBytes   int       `json:"text_bytes,omitempty"`
	OwnCopy     bool      `json:"own_copy,omitempty"`  // senders read their own messages too, as pages do
	Memory      bool      `json:"memory,omitempty"`    // the node's journal lies in memory
	InFlight    int       `json:"in_flight,omitempty"` // rooms on their way; for a backlog, rooms an agent takes at a time
	Rooms       int       `json:"rooms,omitempty"`
	Watchers    int       `json:"watchers,omitempty"`
	PerSecond   float64   `json:"per_second,omitempty"` // messages of an open loop
	Shares      []float64 `json:"shares,omitempty"`     // of saturation, at which latency is measured
	Counts      []int     `json:"counts,omitempty"`     // of connections, one measurement each
	Times       float64   `json:"times,omitempty"`      // of saturation that are offered

	Pairs   int     `json:"pairs,omitempty"`   // 0: the profile's
	Seconds float64 `json:"seconds,omitempty"` // 0: the profile's
}

// bounds of numbers that several kinds take.
var bounds = map[string]struct{ least, most float64 }{
	"connections": {1, 19_000}, "agents": {1, 900}, "window": {1, 256}, "text_bytes": {1, 8_000}, "in_flight": {1, 1_000},
	"rooms": {1, 200_000}, "watchers": {1, 15_000}, "per_second": {1, 1_000_000}, "pairs": {0, 100}, "seconds": {0, 600},
	"times": {1, 100},
}

// kinds lists the loads with the fields each needs (all of them) and may have.
var kinds = map[string]struct{ needs, may []string }{
	"echo":     {[]string{"connections", "window", "text_bytes"}, nil},
	"chat":     {[]string{"connections", "agents", "window", "text_bytes"}, []string{"own_copy", "memory"}},
	"latency":  {[]string{"connections", "agents", "text_bytes", "shares"}, []string{"own_copy"}},
	"overload": {[]string{"connections", "agents", "text_bytes", "times"}, nil},
	"watched":  {[]string{"connections", "agents", "window", "text_bytes"}, nil},
	"scaling":  {[]string{"counts", "window", "text_bytes"}, nil},
	"assign":   {[]string{"connections", "agents", "in_flight"}, nil},
	"backlog":  {[]string{"rooms", "agents", "in_flight"}, nil},
	"idle":     {[]string{"connections"}, nil},
	"storm":    {[]string{"connections"}, nil},
	"wall":     {[]string{"watchers", "text_bytes"}, nil},
	"mixed":    {[]string{"connections", "agents", "in_flight", "per_second", "text_bytes"}, nil},
}

// fieldsOf are the fields a load sets, by name.
func (l *Load) fieldsOf() map[string]float64 {
	truth := map[bool]float64{true: 1}
	all := map[string]float64{
		"connections": float64(l.Connections), "agents": float64(l.Agents), "window": float64(l.Window), "text_bytes": float64(l.TextBytes),
		"own_copy": truth[l.OwnCopy], "memory": truth[l.Memory], "in_flight": float64(l.InFlight), "rooms": float64(l.Rooms),
		"watchers": float64(l.Watchers), "per_second": l.PerSecond, "shares": float64(len(l.Shares)), "counts": float64(len(l.Counts)),
		"times": l.Times,
	}
	for name, v := range all {
		if v == 0 {
			delete(all, name)
		}
	}
	return all
}

// Names lists the profiles in the binary.
func Names() []string {
	var all []string
	entries, _ := files.ReadDir(".") // an embedded folder can be read
	for _, e := range entries {
		all = append(all, strings.TrimSuffix(e.Name(), ".json"))
	}
	return all
}

// Open reads a profile of the binary by its name, or one from a path that ends in .json.
func Open(name string) (*Profile, error) {
	if slices.Contains(Names(), name) {
		b, err := files.ReadFile(name + ".json")
		if err != nil {
			return nil, err
		}
		return Read(name, bytes.NewReader(b))
	}
	if filepath.Ext(name) != ".json" {
		return nil, fmt.Errorf("no profile %q; there are %s, or the path of a .json file", name, strings.Join(Names(), ", "))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(name, f)
}

// Read reads and checks a profile; all complaints come at once, each with its field.
func Read(name string, r io.Reader) (*Profile, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var p Profile
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("profile %s: something follows the object", name)
	}
	if bad := p.complaints(); len(bad) > 0 {
		return nil, fmt.Errorf("profile %s: %s", name, strings.Join(bad, "; "))
	}
	return &p, nil
}

func (p *Profile) complaints() (bad []string) {
	check := func(ok bool, field, want string, args ...any) {
		if !ok {
			bad = append(bad, field+": "+fmt.Sprintf(want, args...))
		}
	}
	check(p.Name != "", "name", "is missing")
	check(p.Pairs >= 1 && p.Pairs <= 100, "pairs", "must be 1 to 100")
	check(p.Seconds >= 0.1 && p.Seconds <= 600, "seconds", "must be 0.1 to 600")
	check(p.Warm >= 0 && p.Warm <= 60, "warm_seconds", "must be 0 to 60")
	if p.Ceilings.Repetitions != 0 {
		check(p.Ceilings.Repetitions >= 3 && p.Ceilings.Repetitions <= 100, "ceilings.repetitions", "must be 0, or 3 to 100")
		check(p.Ceilings.Seconds >= 0.1 && p.Ceilings.Seconds <= 60, "ceilings.seconds", "must be 0.1 to 60")
	}
	check(len(p.Loads) > 0 || p.Ceilings.Repetitions > 0, "loads", "there is nothing to do")
	seen := map[string]bool{}
	for i := range p.Loads {
		l := &p.Loads[i]
		at := fmt.Sprintf("loads[%d].", i)
		check(l.Name != "" && !seen[l.Name], at+"name", "is missing or not unique: %q", l.Name)
		seen[l.Name] = true
		kind, known := kinds[l.Kind]
		check(known, at+"kind", "%q is none of %s", l.Kind, strings.Join(Kinds(), ", "))
		if !known {
			continue
		}
		set := l.fieldsOf()
		for _, field := range kind.needs {
			_, ok := set[field]
			check(ok, at+field, "is missing: a load of kind %s needs it", l.Kind)
		}
		for field := range set {
			check(slices.Contains(kind.needs, field) || slices.Contains(kind.may, field), at+field, "a load of kind %s has none", l.Kind)
		}
		set["pairs"], set["seconds"] = float64(l.Pairs), l.Seconds
		for field, v := range set {
			if b, ok := bounds[field]; ok {
				check(v >= b.least && v <= b.most, at+field, "must be %g to %g", b.least, b.most)
			}
		}
		for j, share := range l.Shares {
			check(share > 0 && share <= 1, fmt.Sprintf("%sshares[%d]", at, j), "must be above 0 and at most 1")
		}
		for j, n := range l.Counts {
			check(n >= 1 && n <= 19_000, fmt.Sprintf("%scounts[%d]", at, j), "must be 1 to 19000")
		}
		check(l.Agents == 0 || l.Connections == 0 || l.Connections/l.Agents < 900, at+"agents", "are too few: an agent takes 900 rooms")
	}
	slices.Sort(bad)
	return bad
}

// Kinds lists the kinds of loads.
func Kinds() []string {
	all := make([]string, 0, len(kinds))
	for k := range kinds {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// Text is a message of the load's length.
func (l *Load) Text() []byte {
	const words = "Good day, I have a question about my last order, can you help me with it? "
	return bytes.Repeat([]byte(words), l.TextBytes/len(words)+1)[:l.TextBytes]
}

// Time is seconds as a duration.
func Time(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
