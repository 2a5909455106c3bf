// Package replay plays a recorded day of a contact center against a node, over real
// sockets, with time compressed, and judges what the node did.
//
// Read in this order: plan.go (who calls when, with what patience and for how long;
// who is on duty), run.go (the conductor), customer.go and agent.go (the two roles,
// each a client of the contract), log.go (what was seen: plain values), figures.go,
// latency.go and the check_*.go files (what the log says; pure functions over it),
// report.go and table.go (how it is told).
package replay
