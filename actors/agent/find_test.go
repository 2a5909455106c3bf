package agent

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// However rooms come and go, also across a snapshot, the list is that of whoever looks at each of them; and of an agent with few rooms
// there are no marks.
func TestManyRoomsAreFoundAsFewAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := begin(t)
		var plain []protocol.RoomID
		most := rapid.SampledFrom([]int{5, marksMin + 3, 200}).Draw(t, "rooms")
		most32 := 0
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			room := protocol.RoomID(fmt.Sprintf("r_%026d", rapid.IntRange(0, most-1).Draw(t, "room")))
			have := false
			for i, r := range plain {
				if r == room {
					plain, have = append(plain[:i:i], plain[i+1:]...), true
					break
				}
			}
			switch rapid.IntRange(0, 9).Draw(t, "act") {
			case 0:
				s, err := Restore(x.s.Addr, Snapshot(x.s))
				require.NoError(t, err)
				x.s = s
				fallthrough
			case 1, 2, 3:
				x.do(protocol.LoseRoom{Lost: protocol.InboxLost{Room: room, Assignment: 1 << 20}})
				require.Equal(t, have, len(x.step.Events) == 1)
			default:
				most32++
				x.do(protocol.GainRoom{Gained: protocol.InboxGained{Room: room, Assignment: uint32(most32)}})
				require.Len(t, x.step.Events, 1)
				plain = append(plain, room)
			}
			var got []protocol.RoomID
			for _, r := range x.s.Rooms {
				got = append(got, r.Room)
			}
			if len(plain) == 0 {
				plain = nil
			}
			require.Equal(t, plain, got)
			require.Equal(t, -1, x.s.find("r_nobody"))
			if len(got) <= marksMin/2 {
				require.Nil(t, x.s.marks)
			}
			if len(got) > marksMin {
				require.Len(t, x.s.marks, len(got))
			}
		}
	})
}

// Two rooms with the same mark are told apart.
func TestRoomsWithTheSameMark(t *testing.T) {
	marks := map[uint32]int{}
	one, two := protocol.RoomID(""), protocol.RoomID("")
	for i := 0; two == ""; i++ {
		room := protocol.RoomID(fmt.Sprintf("r_%026d", i))
		if other, ok := marks[mark(room)]; ok {
			one, two = protocol.RoomID(fmt.Sprintf("r_%026d", other)), room
		}
		marks[mark(room)] = i
	}
	x := begin(t)
	for i := range 2 * marksMin {
		x.do(protocol.GainRoom{Gained: protocol.InboxGained{Room: protocol.RoomID(fmt.Sprint("r_other", i)), Assignment: 1}})
	}
	x.do(protocol.GainRoom{Gained: protocol.InboxGained{Room: one, Assignment: 1}})
	require.Equal(t, -1, x.s.find(two))
	x.do(protocol.GainRoom{Gained: protocol.InboxGained{Room: two, Assignment: 1}})
	require.Equal(t, 2*marksMin, x.s.find(one))
	require.Equal(t, 2*marksMin+1, x.s.find(two))
	x.do(protocol.LoseRoom{Lost: protocol.InboxLost{Room: one, Assignment: 1}})
	require.Equal(t, 2*marksMin, x.s.find(two))
}
