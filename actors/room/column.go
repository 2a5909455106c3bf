package room

import (
	"strings"

	"switchyard/protocol"
)

// robot is who held a room that no agent ever held (18.4).
const robot = "로봇"

// heldBy keeps the agent column of the history (18.4). A room taken from 대기 was the robot's
// before; a change request adds its agent; a change by a manager replaces the name.
func (s *State) heldBy(e *protocol.RoomAssigned) {
	last := len(s.Held) - 1
	switch {
	case last < 0 && e.Cause == protocol.CauseSelf:
		s.Held = []string{robot, e.AgentName}
	case last < 0 || e.Cause == protocol.CauseChange:
		s.Held = append(s.Held, e.AgentName)
	default:
		s.Held[last] = e.AgentName
	}
}

func (s *State) agentColumn() string {
	if len(s.Held) == 0 {
		return robot
	}
	return strings.Join(s.Held, " > ")
}
