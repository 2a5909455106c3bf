package gateway

import "time"

// Observer hears what happened at the edge. Every function may be nil; they are called on
// hot paths and must not block. Labels are short closed lists, never an id.
type Observer struct {
	Opened           func(role string)                     // a connection said a good hello
	Closed           func(role string, code int)           // and left; role "" if it never said hello
	HandshakeRefused func(reason string)                   // no upgrade
	Connections      func(delta int)                       // TCP connections of the public listener
	Refused          func(reason string)                   // a connection that no request was read of: full, descriptors
	Command          func(name string, took time.Duration) // answered, well or not
	Rejected         func(code string)                     // every refusal that left the gateway
	Outbox           func(deltaBytes int)                  // bytes waiting in all outboxes
	Resumed          func(result string)                   // recovered, start, epoch, ahead, too_many, too_old, gone
	Replayed         func(events int)                      // events read from the log for a reader
	ReplayWaits      func(delta int)                       // readers that wait for one of the node's replays
	Synced           func(role string)                     // a client saw a gap and asked for it: should never happen
	Repeated         func()                                // a write came again and got its first answer
	Delivered        func(sinceEvent time.Duration)        // live event: from its time to the socket
	Login            func(result string)                   // ok, wrong, limited, busy
}

func (o Observer) filled() Observer {
	if o.Opened == nil {
		o.Opened = func(string) {}
	}
	if o.Closed == nil {
		o.Closed = func(string, int) {}
	}
	if o.HandshakeRefused == nil {
		o.HandshakeRefused = func(string) {}
	}
	if o.Connections == nil {
		o.Connections = func(int) {}
	}
	if o.Refused == nil {
		o.Refused = func(string) {}
	}
	if o.ReplayWaits == nil {
		o.ReplayWaits = func(int) {}
	}
	if o.Synced == nil {
		o.Synced = func(string) {}
	}
	if o.Repeated == nil {
		o.Repeated = func() {}
	}
	if o.Command == nil {
		o.Command = func(string, time.Duration) {}
	}
	if o.Rejected == nil {
		o.Rejected = func(string) {}
	}
	if o.Outbox == nil {
		o.Outbox = func(int) {}
	}
	if o.Resumed == nil {
		o.Resumed = func(string) {}
	}
	if o.Replayed == nil {
		o.Replayed = func(int) {}
	}
	if o.Login == nil {
		o.Login = func(string) {}
	}
	return o // Delivered stays nil: nobody pays for a clock that nobody reads
}
