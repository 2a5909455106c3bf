package client

import (
	"fmt"
	"reflect"
	"testing"
)

func event(stream string, seq uint64) Event { return Event{Stream: stream, Seq: seq} }

// The gap rule (protocol section 3, rule 5), one row a frame.
func TestTheGapRule(t *testing.T) {
	s := newStreams()
	for i, step := range []struct {
		seq     uint64
		want    arrival
		follows []uint64
	}{
		{1, apply, nil},
		{1, repeat, nil},
		{2, apply, nil},
		{5, gap, nil},
		{4, waiting, nil},
		{6, waiting, nil},
		{3, apply, []uint64{4, 5, 6}},
		{4, repeat, nil},
		{8, gap, nil}, // asked for again after the first gap was closed
		{7, apply, []uint64{8}},
	} {
		got := s.arrive(event("room/r", step.seq))
		var follows []uint64
		if got == apply {
			for _, e := range s.follow("room/r") {
				follows = append(follows, e.Seq)
			}
		}
		if got != step.want || !reflect.DeepEqual(follows, step.follows) {
			t.Errorf("step %d, seq %d: %d then %v, want %d then %v", i, step.seq, got, follows, step.want, step.follows)
		}
	}
}

func TestASyncThatBroughtTooLittleIsAskedForAgain(t *testing.T) {
	s := newStreams()
	s.arrive(event("room/r", 3))
	s.synced("room/r")
	if got := s.arrive(event("room/r", 4)); got != gap {
		t.Errorf("got %d, want gap", got)
	}
}

func TestHeldEventsAreBounded(t *testing.T) {
	s := newStreams()
	for i := range heldMax {
		s.arrive(event("room/r", uint64(i+2)))
	}
	if got := s.arrive(event("room/r", heldMax+2)); got != tooMany {
		t.Errorf("got %d, want tooMany", got)
	}
}

func TestResetMovesAndKeepsWhatIsBeyond(t *testing.T) {
	s := newStreams()
	s.arrive(event("desk/r", 1))
	s.arrive(event("desk/r", 9))
	s.arrive(event("desk/r", 12))
	s.reset("desk/r", 11)
	if got := s.arrive(event("desk/r", 11)); got != repeat {
		t.Errorf("11 after a reset to 11: %d, want repeat", got)
	}
	if got := s.follow("desk/r"); len(got) != 1 || got[0].Seq != 12 {
		t.Errorf("held beyond the reset: %v, want 12", got)
	}
}

func TestALostSocketForgetsWhatWasHeld(t *testing.T) {
	s := newStreams()
	s.arrive(event("room/r", 3))
	s.lost()
	for _, seq := range []uint64{1, 2, 3} {
		if got := s.arrive(event("room/r", seq)); got != apply {
			t.Errorf("%d of the resume: %d, want apply", seq, got)
		}
	}
}

func TestForgottenStreamsStayForgottenUntilAskedFor(t *testing.T) {
	s := newStreams()
	s.epoch = "e"
	s.arrive(event("desk/r", 1))
	s.forget("desk/r")
	if got := s.arrive(event("desk/r", 2)); got != ignored {
		t.Errorf("got %d, want ignored", got)
	}
	s.reset("desk/r", 7)
	if r := s.resume(); r != nil {
		t.Errorf("the hello names %v", r.Streams)
	}
	s.begin("desk/r")
	if got := s.arrive(event("desk/r", 1)); got != apply {
		t.Errorf("got %d, want apply", got)
	}
}

func TestAHelloNamesAtMostTwoHundredStreamsAndTheInboxFirst(t *testing.T) {
	s := newStreams()
	s.epoch = "e-1"
	for i := range 300 {
		s.arrive(event(fmt.Sprintf("desk/r%d", i), 1))
	}
	s.arrive(event("inbox/a", 1))
	r := s.resume()
	if len(r.Streams) != resumeMax || r.Streams["inbox/a"] != 1 || r.Epoch != "e-1" {
		t.Errorf("%d streams, inbox at %d, epoch %q", len(r.Streams), r.Streams["inbox/a"], r.Epoch)
	}
}
