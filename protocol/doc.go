// Package protocol is the language of the engine: who can be named (ids.go),
// what can be asked (commands_*.go), what can have happened (events_*.go), how
// it is refused (rejections.go), which words a customer reads (texts.go), what
// travels on the wire (frames.go) and what lies on the disk (wire.go, record.go,
// entry.go).
//
// Everything here is a value. The package imports the standard library only and
// knows no clock, no network, no lock and no chance; every other package may
// import it. Start with events_room.go: it is the history of one consultation.
package protocol
