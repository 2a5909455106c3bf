// Package persistence is the store: the journal of events, the rows beside it,
// and the committer that makes both durable. It is the only package that knows
// Pebble. What lies on the disk is described in FORMAT.md.
//
// Everything written is a protocol.Entry. HandOver puts it on one first-in-first-out
// list for all shards (committer.go); one goroutine gathers what arrived while the
// last sync ran into one batch and commits it with one sync; another runs the
// effects that waited for it, in list order (effects.go). So whatever a crash takes
// is an end of the list, never a piece of its middle, and nobody outside hears of a
// thing that a crash can still take back.
//
// Store is the real one, Memory keeps everything in maps and promises the same
// except durability. journaltest holds the suite that both pass.
//
// Readers. Events, LastEvent and Rows see what is committed, and a batch can be seen
// before its sync is over. Whoever reads takes Position after the read and uses or
// answers when that position is durable (After). Row alone also sees what was handed
// over and is still on the list, so an actor finds its own writes.
//
// Failure. A write or sync that fails ends the process through Options.Fatal; nothing
// is acknowledged after it, and a restart recovers what was durable (failstop.go).
package persistence
