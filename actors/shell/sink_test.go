package shell

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"switchyard/protocol"
)

// sink writes down what a follower is given: seq:text of each event, live:seq, reset:reason, ~frame.
type sink struct {
	mu     sync.Mutex
	got    []string
	seqs   []uint64
	frames []string
	pushed func(*protocol.Recorded)
	refuse func(live bool) bool
}

func newSink() *sink { return &sink{} }

func (s *sink) Push(r *protocol.Recorded, frame []byte, replay bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil && s.refuse(!replay) {
		return false
	}
	text := r.Event.EventCode().String()
	if m, ok := r.Event.(*protocol.MessagePosted); ok {
		text = m.Text
	}
	seq := seqOf(frame)
	s.got = append(s.got, fmt.Sprint(seq, ":", text))
	s.seqs = append(s.seqs, seq)
	if s.pushed != nil {
		s.pushed(r)
	}
	return true
}

func (s *sink) Live(seq uint64)              { s.say(fmt.Sprint("live:", seq)) }
func (s *sink) Reset(reason string)          { s.say("reset:" + reason) }
func (s *sink) Ephemeral(_ string, f []byte) { s.say("~" + string(f)) }

func (s *sink) say(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, what)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.got, " ")
}

// seqOf reads the position out of a frame.
func seqOf(frame []byte) uint64 {
	_, rest, _ := strings.Cut(string(frame), `"seq":`)
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.ParseUint(rest[:max(end, 0)], 10, 64)
	if err != nil {
		panic("a frame without a position: " + string(frame))
	}
	return n
}

func indexFrom(s, what string, from int) int {
	i := strings.Index(s[from:], what)
	if i < 0 {
		return -1
	}
	return from + i
}
