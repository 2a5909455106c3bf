// Package scenario plays the stories of the domain (A-01 … A-40, W-1 … W-9, D-1 …)
// from text files that a shift lead can read, on two rigs: bare values (no actor
// system, no disk, no concurrency) and the whole engine (protoactor, Pebble on a
// crashable memory disk, virtual time). Both must tell the story alike.
//
// A story is lines. One that begins at the margin is an act; the indented lines
// below it are what the act led to. "go test ./actors/scenario -update" writes
// them anew; commit the difference only when you can explain it. The acts are
// listed in acts.go.
package scenario
