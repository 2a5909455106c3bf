package scenario

import (
	"time"

	"switchyard/actors/sim"
	"switchyard/protocol"
)

// bare is the world of plain values: mail is taken in the order in which it was sent, and
// everything is durable at once.
type bare struct {
	w    *sim.World
	dice chance
}

func newBare(at time.Time) rig {
	b := &bare{}
	b.w = sim.New(site, at, b.dice.next)
	return b
}

func (b *bare) do(cmds ...issued) []reply {
	out := make([]reply, len(cmds))
	for i, x := range cmds {
		b.w.Ask(x.to, x.c, func(r protocol.Result, err *protocol.Rejection) {
			out[i] = reply{result: r, err: err, given: true}
		})
	}
	b.w.Settle()
	return out
}

func (b *bare) now() time.Time       { return b.w.Clock }
func (b *bare) advance(to time.Time) { b.w.Advance(to) }

func (b *bare) restart(_ bool, away time.Duration) {
	b.w.Crash()
	b.w.Clock = b.w.Clock.Add(away)
	b.w.Start()
}

func (b *bare) log(a protocol.Address, from uint64) []protocol.Recorded { return b.w.Log(a, from) }
func (b *bare) facts() *protocol.SiteFacts                              { return b.w.Facts() }
func (b *bare) rows(kind protocol.RowKind, prefix []byte, each func(key, value []byte) error) error {
	return b.w.Rows(kind, prefix, each)
}
func (b *bare) audit() error { return b.w.Audit() }
func (b *bare) close()       {}
