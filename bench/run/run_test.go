package run

import (
	"context"
	"os/exec"
	"slices"
	"testing"

	"switchyard/bench/profile"
	"switchyard/bench/report"
)

// Every kind of load has its runner, and every runner its kind.
func TestKindsAreThoseOfProfiles(t *testing.T) {
	var mine []string
	for k := range kinds {
		mine = append(mine, k)
	}
	slices.Sort(mine)
	if !slices.Equal(mine, profile.Kinds()) {
		t.Errorf("runners %v, profiles %v", mine, profile.Kinds())
	}
}

// Every load runs against a real node, small, and judges what it saw itself: a message that
// was acknowledged and not delivered, a room that does not end, a socket that does not come back fail it.
func TestEveryLoadRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a node for each load")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command to build a node")
	}
	p, err := profile.Open("smoke")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Do(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range r.Loads {
		seen[l.Kind] = true
		if l.Says == "" || len(l.Figures)+len(l.Times) == 0 {
			t.Errorf("%s says nothing: %+v", l.Name, l)
		}
	}
	for _, k := range profile.Kinds() {
		if !seen[k] {
			t.Errorf("the smoke profile has no load of kind %s", k)
		}
	}
	if len(r.Ratios) == 0 || r.Machine.SyncP99 == 0 || r.Format != report.Format {
		t.Errorf("the run is incomplete: %+v", r)
	}
}
