// Package gateway is the only package that knows HTTP and WebSocket. It turns
// frames and requests into commands, answers and durable streams into frames, and
// refuses at the edge what the engine should never see: the unauthenticated, the
// oversized, the too many. It decides nothing about a consultation.
//
// The engine is a struct of functions (engine.go); nothing here knows who stands
// behind them. Start reading at connection.go, which is one socket: its reader
// decodes (decode.go, scan.go), asks whether the caller may (permit.go, access.go)
// and hands over (execute.go); its writer empties the outbox (outbox.go) through a
// corked socket (cork.go); watchdog.go is the one clock of all of them. follow.go
// and snapshot.go bring durable streams, board.go the conflated ones. The HTTP
// surface begins in http.go.
package gateway
