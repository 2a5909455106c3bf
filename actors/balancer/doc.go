// Package balancer picks an agent among those who are eligible: the one with the
// least load (domain 9.3), or the next of the ring (domain 9.4).
//
// It is a rule: it holds eligible agents and their keys and knows nothing of
// rooms, limits, hours or turns. Who is eligible (domain 9.2) is the caller's
// decision: an agent that is full, in a break or out of scope is simply not in
// the pool. Agents are known by a slot, a small number of the caller's.
//
// Start reading at leastload.go and ring.go; each is a few lines over the one
// ordered set of ranking.go. A pick looks at one entry and every change costs
// O(log n) whatever the loads are; nothing is allocated, except when a pool holds
// more agents than ever before. pool.go is what the queue uses: the pools of a
// site look at one list of keys, and only large pools that are asked keep an order.
package balancer
