// Package load holds the loads: what a crowd of clients does to a node, and what it
// sees of it. A load is set up once, then measured as often as its caller likes, so that
// its ceiling can be measured in turns with it.
//
// Start with flood.go, which drives any number of sockets in a closed or an open loop and
// is the same for the node and for the raw echo; chat.go, assign.go and the others set
// scenes up for it.
package load
