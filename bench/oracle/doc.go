// Package oracle plays the real queue mind in virtual time against results of queueing
// theory, whose exact values are known (PERF-7).
//
// Three things have to agree: the formulas (erlang.go, single.go, chain.go, limits.go), a
// bare simulator that knows nothing of the engine (bare.go), and the queue mind with its
// agents, limits, commands and events, the room's side of the seat protocol played as the
// room mind plays it (site.go, real.go). The bare simulator and the real one draw the same
// numbers from one seed, so where the discipline is the same their waits are equal to the
// last digit; what is left to compare with a formula is statistics (statistics.go).
//
// A Row (row.go) says what is played: agents, limit, arrivals, handling times and how they
// depend on the number of chats at hand, patience, classes, selector. Its expected values
// are named by hand or asked of the formulas (exact.go). tables/*.json are rows in that
// form. Result (result.go) is what a run prints and what the report draws.
//
// Unlike the other packages of the harness this one imports the engine: it judges the mind
// and not a node.
package oracle
