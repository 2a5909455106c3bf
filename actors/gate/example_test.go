package gate_test

import (
	"fmt"

	"switchyard/actors/gate"
	"switchyard/protocol"
)

// W-2: AUTO, WAIT, backlog AUTO, in hours; an agent is free, but nothing is known of
// the customer.
func ExampleDecide() {
	s := protocol.DefaultSettings()
	s.Profile.Enabled, s.Profile.Policy = true, protocol.PolicyWait
	need := gate.Need(&s.Profile, 0, false)
	fmt.Println("a seat now:", gate.SeatNow(protocol.InHours, need, s.Mode, s.EffectivePolicy()))
	a := gate.Decide(gate.Question{Hours: protocol.InHours, Need: need, Mode: s.Mode, Policy: s.EffectivePolicy(), Backlog: s.Backlog})
	fmt.Printf("G-%02d %v %v lock=%v refusal=%v\n", a.Row, a.State, a.Messages, a.AssignLock, a.RefusalArmed)
	// Output:
	// a seat now: false
	// G-26 WAITING [M-FIXED M-PROMPT] lock=true refusal=true
}
