package persistence

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// F-05: the store fails between two effects, or between an effect and who waited for it: what is left is not told, though all of it
// is durable. Each case fails at another place, so each guard is alone there.
func TestF05WhatIsLeftWhenTheStoreFailsIsNotTold(t *testing.T) {
	broken := errors.New("broken")
	var told []string
	says := func(what string) func() { return func() { told = append(told, what) } }
	for name, c := range map[string]struct {
		play func(f *effects, fail func())
		want []string
	}{
		"an effect behind": {func(f *effects, fail func()) {
			f.add([]handed{{done: says("1")}, {done: func() { says("2")(); fail() }}, {done: says("3")}})
		}, []string{"1", "2"}},
		"who waits for the effect that failed": {func(f *effects, fail func()) {
			f.after(1, says("after 1"))
			f.add([]handed{{done: fail}})
		}, nil},
		"the second who waits": {func(f *effects, fail func()) {
			f.after(1, func() { says("after 1")(); fail() })
			f.after(1, says("after 1, too"))
			f.add([]handed{{done: says("1")}})
		}, []string{"1", "after 1"}},
		"who asks later": {func(f *effects, fail func()) {
			fail()
			f.after(0, says("after 0"))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			told = nil
			stop := newFailStop(func(error) {})
			f := newEffects(stop)
			c.play(f, func() { stop.fail(broken) })
			f.closing = true // nobody else has it yet
			f.run()          // to its end, here
			require.Equal(t, c.want, told)
		})
	}
}

// F-05: a commit that says it went well while the store has failed on another goroutine acknowledges nothing; nor is
// anything committed that is handed over afterwards.
func TestF05ACommitBesideAFailureAcknowledgesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whoever goes on where he should stop waits for ever, and the bubble says so
		stop := newFailStop(func(error) {})
		var c committer
		commits := 0
		c.start(func(items []handed) (int, error) {
			commits++
			stop.fail(errors.New("a flush has failed"))
			return len(items), nil
		}, stop, make([]uint64, 8))
		said := func(n uint64) *protocol.Entry { return journaltest.Said(8, room("seoul", "r_1"), n, "text") }
		c.HandOver(said(1), func() { t.Error("acknowledged") })
		<-c.ended
		c.HandOver(said(2), func() { t.Error("acknowledged") })
		require.Error(t, c.close())
		require.Equal(t, 1, commits)
		require.Empty(t, c.pending, "dropped, as if the process had ended")
		require.Zero(t, c.synced.Load())
		<-c.fx.ended
	})
}
