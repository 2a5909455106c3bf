// Package client is a client of the socket, written only from the wire contract:
// it connects, authenticates, follows durable streams, sends commands, and does all
// of it again on the next socket when this one is lost, with nothing lost and
// nothing doubled. Loads and the replay are written on top of it.
//
// Start with client.go, which holds what the rest works on; run.go is the state
// machine of section 6, session.go one socket, streams.go the gap rule of section
// 3, pending.go the commands that are not answered yet, codes.go the table of
// section 5.
//
// A client costs one goroutine. Its timers are the runtime's, which keeps them in
// shared heaps; it arms one per socket (silence) and one more while it paces
// itself. Callbacks run one at a time on the client's goroutine and must not block;
// they may Send.
package client
