package survival

import (
	"math"
	"math/rand/v2"
	"testing"
)

func waits(seconds ...int) []Observation {
	var o []Observation
	for _, s := range seconds { // negative: served, so censored
		o = append(o, Observation{Seconds: max(s, -s), Event: s > 0})
	}
	return o
}

func TestByHand(t *testing.T) {
	// Five waits: gave up at 2, served at 3, gave up twice at 5, served at 5.
	// S(2) = 4/5; at 5 there are three at risk: S(5) = 4/5 · 1/3.
	e := KaplanMeier(waits(5, -3, 2, -5, 5))
	want := []Step{{2, 5, 1, 0.8}, {5, 3, 2, 0.8 / 3}}
	if len(e.Steps) != len(want) || e.Events != 3 || e.Censored != 2 {
		t.Fatalf("got %+v", e)
	}
	for i, s := range e.Steps {
		if s.Seconds != want[i].Seconds || s.AtRisk != want[i].AtRisk || s.Events != want[i].Events || math.Abs(s.Survival-want[i].Survival) > 1e-12 {
			t.Errorf("step %d: got %+v, want %+v", i, s, want[i])
		}
	}
	for at, s := range map[int]float64{0: 1, 1: 1, 2: 0.8, 4: 0.8, 5: 0.8 / 3, 999: 0.8 / 3} {
		if got := e.Survival(at); math.Abs(got-s) > 1e-12 {
			t.Errorf("S(%d) = %v, want %v", at, got, s)
		}
	}
}

// The 6-MP arm of Freireich et al. 1963, the table of Cox and Oakes and of most
// textbooks since: weeks of remission of 21 patients.
func TestTextbook(t *testing.T) {
	e := KaplanMeier(waits(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35))
	want := []struct {
		at, risk, events int
		survival         float64
	}{
		{6, 21, 3, 0.857}, {7, 17, 1, 0.807}, {10, 15, 1, 0.753}, {13, 12, 1, 0.690},
		{16, 11, 1, 0.627}, {22, 7, 1, 0.538}, {23, 6, 1, 0.448},
	}
	if len(e.Steps) != len(want) {
		t.Fatalf("got %d steps, want %d", len(e.Steps), len(want))
	}
	for i, s := range e.Steps {
		w := want[i]
		if s.Seconds != w.at || s.AtRisk != w.risk || s.Events != w.events || math.Abs(s.Survival-w.survival) > 0.0005 {
			t.Errorf("got %+v, want %+v", s, w)
		}
	}
	if median, ok := e.Quantile(0.5); !ok || median != 23 {
		t.Errorf("median %d, %v; the table says 23", median, ok)
	}
	if at, ok := e.Quantile(0.6); ok {
		t.Errorf("60 %% have given up by %d; the stair ends at 0.448", at)
	}
}

func TestNothingObserved(t *testing.T) {
	e := KaplanMeier(nil)
	if _, ok := e.Draw(-1, 0.5); ok || e.Survival(10) != 1 {
		t.Errorf("an empty estimate knows something: %+v", e)
	}
}

// Draws, given what is known, must have the estimate's own distribution.
func TestDrawsFollowTheEstimate(t *testing.T) {
	e := KaplanMeier(waits(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35))
	for _, seen := range []int{-1, 0, 6, 8, 16} {
		chance := rand.New(rand.NewPCG(1, uint64(seen+1)))
		const draws = 200_000
		longer := map[int]int{}
		for range draws {
			got, ok := e.Draw(seen, chance.Float64())
			if ok && got <= seen {
				t.Fatalf("drew %d although more than %d was seen", got, seen)
			}
			for _, s := range e.Steps {
				if !ok || got > s.Seconds {
					longer[s.Seconds]++
				}
			}
		}
		for _, s := range e.Steps {
			want := min(1, s.Survival/e.Survival(seen))
			if got := float64(longer[s.Seconds]) / draws; math.Abs(got-want) > 0.005 {
				t.Errorf("seen %d: P(T > %d) = %.4f, want %.4f", seen, s.Seconds, got, want)
			}
		}
	}
}

func TestChanceAtItsEnds(t *testing.T) {
	e := KaplanMeier(waits(5, -3, 2, -5, 5))
	if got, ok := e.Draw(-1, 0.9999999); !ok || got != 2 {
		t.Errorf("the largest chance draws %d, %v; want the first event", got, ok)
	}
	if got, ok := e.Draw(-1, 0); ok {
		t.Errorf("chance 0 draws %d, but a share waits beyond the last event", got)
	}
	all := KaplanMeier(waits(2, 5))
	if got, ok := all.Draw(-1, 0); !ok || got != 5 {
		t.Errorf("everybody gives up by 5: drew %d, %v", got, ok)
	}
	if _, ok := all.Draw(5, 0.5); ok {
		t.Error("who waited through the last event is beyond it")
	}
}
