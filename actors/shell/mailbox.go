package shell

import (
	"runtime"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// mailbox is an actor's: unbounded, first in, first out, like protoactor's default one, and it keeps that one's order: what protoactor
// itself has to say goes first. That one allocates room for ten messages, a queue of its own for the other kind, and the
// four objects of the two, 290 bytes for an actor that idles (PERF-3). Here mail is a chain of what was sent, which
// belongs to its receiver from then on, so an empty mailbox is 96 bytes and a message costs none.
type mailbox struct {
	mu         sync.Mutex
	first      *mail
	last       *mail // meaningless while first is nil
	system     []any // protoactor's own; nil most of the time
	running    bool  // a goroutine works it off, or is about to
	suspended  bool
	invoker    actor.MessageInvoker
	dispatcher actor.Dispatcher
}

func newMailbox() actor.Mailbox { return new(mailbox) }

// RegisterHandlers implements actor.Mailbox.
func (b *mailbox) RegisterHandlers(i actor.MessageInvoker, d actor.Dispatcher) {
	b.invoker, b.dispatcher = i, d
}

// Start implements actor.Mailbox.
func (b *mailbox) Start() {}

// PostUserMessage implements actor.Mailbox. A *mail is not to be touched by its sender any more.
func (b *mailbox) PostUserMessage(message any) {
	m, ok := message.(*mail)
	if !ok {
		m = &mail{other: message}
	}
	b.mu.Lock()
	if b.first == nil {
		b.first = m
	} else {
		b.last.next = m
	}
	b.last = m
	b.post()
}

// PostSystemMessage implements actor.Mailbox.
func (b *mailbox) PostSystemMessage(message any) {
	b.mu.Lock()
	b.system = append(b.system, message)
	b.post()
}

// post sees to it that somebody works the mailbox off, and unlocks it.
func (b *mailbox) post() {
	start := !b.running && (len(b.system) > 0 || !b.suspended)
	b.running = b.running || start
	b.mu.Unlock()
	if start {
		b.dispatcher.Schedule(b.work)
	}
}

// UserMessageCount implements actor.Mailbox. It is for who looks on, and counts.
func (b *mailbox) UserMessageCount() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m := b.first; m != nil; m = m.next {
		n++
	}
	return n
}

// work hands over what there is, until there is nothing.
func (b *mailbox) work() {
	for !b.drained() {
	}
}

// drained hands over until the mailbox is empty or suspended (true), or until a message has made its receiver panic (false):
// protoactor is told, as by its own mailbox.
func (b *mailbox) drained() bool {
	var message any
	defer func() {
		if p := recover(); p != nil {
			b.invoker.EscalateFailure(p, message)
		}
	}()
	turn, turns := 0, b.dispatcher.Throughput()
	for {
		if turn++; turn > turns {
			turn = 0
			runtime.Gosched()
		}
		var system bool
		if message, system = b.next(); message == nil {
			return true
		}
		switch message.(type) {
		case *actor.SuspendMailbox:
			b.suspend(true)
		case *actor.ResumeMailbox:
			b.suspend(false)
		default:
			if system {
				b.invoker.InvokeSystemMessage(message)
			} else {
				b.invoker.InvokeUserMessage(message)
			}
		}
	}
}

// next takes a message out; nil = there is none to hand over, and nobody works the mailbox off any more.
func (b *mailbox) next() (message any, system bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.system) > 0 {
		message = b.system[0]
		if b.system = b.system[1:]; len(b.system) == 0 {
			b.system = nil
		}
		return message, true
	}
	m := b.first
	if m == nil || b.suspended {
		b.running = false
		return nil, false
	}
	b.first, m.next = m.next, nil
	if m.other != nil {
		return m.other, false
	}
	return m, false
}

func (b *mailbox) suspend(on bool) {
	b.mu.Lock()
	b.suspended = on
	b.mu.Unlock()
}
