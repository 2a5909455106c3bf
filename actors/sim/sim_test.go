package sim

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	seeds  = flag.Uint64("sim.seeds", 60, "how many seeds to play")
	first  = flag.Uint64("sim.first", 1, "the first seed")
	steps  = flag.Int("sim.steps", 400, "things that happen in one life")
	within = flag.Duration("sim.within", 0, "begin no other seed after so long; 0 = play all")
	script = flag.String("sim.script", "", "the steps to take of -sim.first, as a failing seed prints them")
)

// TestSeeds plays many lives of a site, each from one number: mail in any order that keeps each
// mailbox, syncs and crashes at any moment, repeats, settings that change under everybody's hands, clocks
// that jump. A failing seed prints its shortest transcript, and the flags that play it again.
func TestSeeds(t *testing.T) {
	if *script != "" {
		var only []int
		for _, s := range strings.Split(*script, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			only = append(only, n)
		}
		r := NewRun(*first)
		_, err := r.Play(only)
		t.Fatalf("%v\n%s", err, strings.Join(r.Trace(), "\n"))
	}
	began, n := time.Now(), uint64(0)
	for ; n < *seeds && (*within == 0 || time.Since(began) < *within); n++ {
		seed := *first + n
		if _, err := NewRun(seed).Play(whole(*steps)); err != nil {
			t.Fatal(report(seed, whole(*steps), err))
		}
	}
	t.Logf("%d seeds of %d steps, from %d, in %s", n, *steps, *first, time.Since(began).Round(time.Second))
}

// report shrinks a failing life and tells it.
func report(seed uint64, all []int, err error) string {
	only := Shrink(seed, all)
	r := NewRun(seed)
	_, last := r.Play(only)
	return fmt.Sprintf("seed %d: %v\nof %d steps %d are enough: %v\n%s\n-sim.first %d -sim.script %s", seed, err, len(all), len(only), last,
		strings.Join(r.Trace(), "\n"), seed, strings.Trim(strings.ReplaceAll(fmt.Sprint(only), " ", ","), "[]"))
}

// TestSeedsThatFailed keeps the lives in which something was wrong once:
//
//   - 178: of two rooms of one agent the later one accepted first, and the earlier turn was stored as the
//     agent's last; 224, 1186: a crash took the acceptance of a seat, the room closed, and the next start gave
//     the turn again (I-12).
//   - 5551: two copies of a start came back from a room that a crash had kept from opening, and each opened another.
func TestSeedsThatFailed(t *testing.T) {
	for _, seed := range []uint64{178, 224, 1186, 5551} {
		if _, err := NewRun(seed).Play(whole(400)); err != nil {
			t.Error(report(seed, whole(400), err))
		}
	}
}

// TestSameSeedSameLife: a seed is a life, so that a failure can be looked at twice.
func TestSameSeedSameLife(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		a, b := NewRun(seed), NewRun(seed)
		_, _ = a.Play(whole(300))
		_, _ = b.Play(whole(300))
		if a.Hash() != b.Hash() || a.W.Steps != b.W.Steps {
			t.Fatalf("seed %d lived twice: %d steps %x, %d steps %x", seed, a.W.Steps, a.Hash(), b.W.Steps, b.Hash())
		}
	}
}
