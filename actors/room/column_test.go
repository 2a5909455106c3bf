package room

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestTheAgentColumn is R-222: the table of 18.4, row by row, and A-28, A-29's column.
func TestTheAgentColumn(t *testing.T) {
	type held struct {
		cause protocol.Cause
		name  string
	}
	for _, row := range []struct {
		situation, shown string
		held             []held
	}{
		{"never bound to an agent (R-027)", "로봇", nil},
		{"one agent, assigned at entry", "A", []held{{protocol.CauseEntry, "A"}}},
		{"taken from 대기 (A-28)", "로봇 > A", []held{{protocol.CauseSelf, "A"}}},
		{"changed by change request", "A > B", []held{{protocol.CauseEntry, "A"}, {protocol.CauseChange, "B"}}},
		{"several change requests (A-29)", "A > B > C", []held{{protocol.CauseEntry, "A"}, {protocol.CauseChange, "B"}, {protocol.CauseChange, "C"}}},
		{"taken by A, changed by request to B", "로봇 > A > B", []held{{protocol.CauseSelf, "A"}, {protocol.CauseChange, "B"}}},
		{"changed by a manager directly (Q-28)", "C", []held{{protocol.CauseEntry, "A"}, {protocol.CauseManagerChange, "C"}}},
		{"by request, then by a manager (Q-28)", "A > C", []held{{protocol.CauseEntry, "A"}, {protocol.CauseChange, "B"}, {protocol.CauseManagerChange, "C"}}},
		{"taken from 대기, then changed by a manager", "로봇 > C", []held{{protocol.CauseSelf, "A"}, {protocol.CauseManagerChange, "C"}}},
		{"assigned by a manager out of WAITING", "A", []held{{protocol.CauseManager, "A"}}},
		{"assigned from the backlog", "A", []held{{protocol.CauseBacklog, "A"}}},
		{"back to the first by request", "A > B > A", []held{{protocol.CauseBacklog, "A"}, {protocol.CauseChange, "B"}, {protocol.CauseChange, "A"}}},
	} {
		s := new(State)
		for _, h := range row.held {
			s.heldBy(&protocol.RoomAssigned{Cause: h.cause, AgentName: h.name})
		}
		require.Equal(t, row.shown, s.agentColumn(), row.situation)
	}
}
