package client

import "fmt"

// State is where the client stands (section 6 of the contract).
type State uint8

// The states: idle → connecting → authenticating → replaying → live, with waiting
// before another attempt and stopped for good.
const (
	Idle State = iota + 1
	Connecting
	Authenticating
	Replaying
	Live
	Waiting
	Stopped
)

var stateNames = [...]string{
	Idle: "idle", Connecting: "connecting", Authenticating: "authenticating", Replaying: "replaying",
	Live: "live", Waiting: "waiting", Stopped: "stopped",
}

func (s State) String() string {
	if int(s) < len(stateNames) && stateNames[s] != "" {
		return stateNames[s]
	}
	return fmt.Sprintf("state?%d", uint8(s))
}

// next lists where each state may lead; the client panics on any other step.
var next = map[State][]State{
	Idle:           {Connecting, Stopped},
	Connecting:     {Connecting, Authenticating, Waiting, Stopped}, // again at once, when the wait was drawn as 0
	Authenticating: {Replaying, Waiting, Connecting, Stopped},
	Replaying:      {Live, Waiting, Connecting, Authenticating, Stopped},
	Live:           {Waiting, Connecting, Authenticating, Stopped}, // authenticating: a goaway has the next socket ready
	Waiting:        {Connecting, Stopped},
}
