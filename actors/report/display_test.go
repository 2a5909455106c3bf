package report

import (
	"encoding/json"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// PERF-3: most rooms have no bot, and pay nothing for a display. Snapshots of before say with an empty one that there is none.
func TestPERF3NoDisplayCostsNothing(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Consultation{}), uintptr(80))
	for _, old := range []string{`{}`, `{"Display":null}`, `{"Display":{"Stage":0,"Previous":"","Dialogue":"","Exit":0,"Label":"","Next":"","Count":0}}`} {
		var c Consultation
		require.NoError(t, json.Unmarshal([]byte(old), &c))
		c.Requested(&protocol.AgentRequested{Stage: 2, Parent: "root"})
		c.Shown(&protocol.DialogueShown{Exit: protocol.ExitHome, Stage: 1, Dialogue: "root"}) // cut off before: nothing further is counted
		c.Closed(9, protocol.EndedByCustomer, false)
		require.Empty(t, c.Moves, old)
		require.False(t, c.shows())
	}
	var c Consultation
	c.Shown(&protocol.DialogueShown{Stage: 1, Dialogue: "root"})
	b, err := json.Marshal(&c)
	require.NoError(t, err)
	var back Consultation
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, c, back)
	back.Closed(9, protocol.EndedByCustomer, false)
	require.Len(t, back.Moves, 1)
}
