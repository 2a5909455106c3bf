// Package gate is the profile gate: what becomes of a connection request (domain
// 7.2-7.4), and which answers a profile form accepts (domain 8.3).
//
// It is a rule: it holds no state and asks no clock. The room collects the facts
// once per request (I-16) and asks in this order: Need, whether a profile has to
// be asked for; SeatNow, whether the queue should look for an agent at all; and,
// with the queue's answer, Decide, which is one row of the table.
//
// Start reading at table.go: the table is the package, the rest looks it up.
package gate
