package shell

import (
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"
)

// taker is what protoactor is to a mailbox.
type taker struct {
	mu      sync.Mutex
	got     []string
	failed  []string
	handled func(message any)
}

func (k *taker) note(list *[]string, what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	*list = append(*list, what)
}

func (k *taker) InvokeSystemMessage(m any) { k.note(&k.got, fmt.Sprint("system ", m)) }
func (k *taker) InvokeUserMessage(m any) {
	if k.handled != nil {
		k.handled(m)
	}
	if x, ok := m.(*mail); ok {
		k.note(&k.got, fmt.Sprint("mail ", x.life))
		return
	}
	k.note(&k.got, fmt.Sprint("user ", m))
}
func (k *taker) EscalateFailure(why, m any) { k.note(&k.failed, fmt.Sprint(why, " ", m)) }

// later is a dispatcher that keeps what it is given.
type later struct{ todo []func() }

func (d *later) Schedule(f func()) { d.todo = append(d.todo, f) }
func (d *later) Throughput() int   { return 2 }
func (d *later) run() {
	for len(d.todo) > 0 {
		f := d.todo[0]
		d.todo = d.todo[1:]
		f()
	}
}

func boxed() (*mailbox, *taker, *later) {
	b, k, d := new(mailbox), &taker{}, &later{}
	b.RegisterHandlers(k, d)
	return b, k, d
}

// A mailbox keeps the order of what was sent, lets protoactor's own messages go first, is worked off by one goroutine, and has
// its mail back when it is resumed.
func TestMailboxOrder(t *testing.T) {
	b, k, d := boxed()
	for i := range 5 {
		b.PostUserMessage(&mail{life: uint64(i)})
	}
	b.PostUserMessage(leave{})
	b.PostSystemMessage("started")
	require.Len(t, d.todo, 1, "one goroutine at a time")
	require.Equal(t, 6, b.UserMessageCount())
	d.run()
	require.Equal(t, []string{"system started", "mail 0", "mail 1", "mail 2", "mail 3", "mail 4", "user {}"}, k.got)

	k.got = nil
	b.PostSystemMessage(&actor.SuspendMailbox{})
	b.PostUserMessage(&mail{life: 7})
	d.run()
	b.PostUserMessage(&mail{life: 8})
	require.Empty(t, d.todo, "it is suspended")
	require.Empty(t, k.got)
	b.PostSystemMessage("stays")
	d.run()
	require.Equal(t, []string{"system stays"}, k.got)
	b.PostSystemMessage(&actor.ResumeMailbox{})
	d.run()
	require.Equal(t, []string{"system stays", "mail 7", "mail 8"}, k.got)
	require.Zero(t, b.UserMessageCount())
}

// A message that makes its receiver panic is reported, and those behind it are handed over.
func TestMailboxAfterAPanic(t *testing.T) {
	b, k, d := boxed()
	k.handled = func(m any) {
		if x, ok := m.(*mail); ok && x.life == 1 {
			panic("poison")
		}
	}
	for i := range 3 {
		b.PostUserMessage(&mail{life: uint64(i)})
	}
	d.run()
	require.Equal(t, []string{"mail 0", "mail 2"}, k.got)
	require.Len(t, k.failed, 1)
	require.Contains(t, k.failed[0], "poison")
	b.PostUserMessage(&mail{life: 3})
	require.Len(t, d.todo, 1, "it is awake for what comes")
}

// Many senders at once: each one's order holds, nothing is lost, and nothing is handed over twice or at the same time.
func TestMailboxOfManySenders(t *testing.T) {
	const senders, each = 8, 2000
	b := new(mailbox)
	last, inside, n := make([]int, senders), 0, 0
	done := make(chan struct{})
	k := &taker{handled: func(m any) {
		if inside++; inside != 1 {
			t.Error("two at a time")
		}
		life := int(m.(*mail).life)
		if from, i := life/each, life%each; i != last[from] {
			t.Errorf("sender %d: %d after %d", from, i, last[from])
		} else {
			last[from]++
		}
		inside--
		if n++; n == senders*each {
			close(done)
		}
	}}
	b.RegisterHandlers(k, actor.NewDefaultDispatcher(300))
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				b.PostUserMessage(&mail{life: uint64(s*each + i)})
			}
		})
	}
	all.Wait()
	<-done
}

// PERF-3: what the shell keeps of every actor in memory.
func TestPERF3WhatAnActorCosts(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(mailbox{}), uintptr(96))
	require.LessOrEqual(t, unsafe.Sizeof(slot{}), uintptr(96))
	require.LessOrEqual(t, unsafe.Sizeof(host[struct{}]{}), uintptr(128))
	b, _, d := boxed()
	m := &mail{}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		b.PostUserMessage(m)
		d.run()
	}), 3.0, "the call that starts a goroutine, and this test's list of calls and of what came")
}
