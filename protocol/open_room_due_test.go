package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestADeadlineIsReadWithoutItsRoom: its fields are those of the whole row.
func TestADeadlineIsReadWithoutItsRoom(t *testing.T) {
	full := OpenRoomRow{
		Room: "r_x", State: Active, Since: 5, CreatedAt: 4, RequestedAt: 3, Place: 9, Channel: Web, Account: "home", Category: "k",
		Lock: true, Refuse: true, Need: true, Holder: "ann", Assignment: 3, Turn: 8, Deadline: 77, Customer: 12, Key: "s_c", Hold: true,
		Number: 5, Priority: 2, LastAgent: "bob", Missed: []AccountID{"eve"}, Joined: []CustomerKey{"s_d"},
	}
	for _, row := range []OpenRoomRow{full, {Room: "r_y", Deadline: 1}, {Room: "r_z", State: Waiting}, {}} {
		due, err := DecodeOpenRoomDue(AppendOpenRoom(nil, &row))
		require.NoError(t, err)
		for _, texts := range []Texts{nil, {}} {
			for range 2 {
				seat, err := DecodeOpenRoomSeat(AppendOpenRoom(nil, &row), texts)
				require.NoError(t, err)
				require.Equal(t, OpenRoomSeat{
					Room: row.Room, State: row.State, RequestedAt: row.RequestedAt, Place: row.Place, Account: row.Account, Category: row.Category, Lock: row.Lock,
					Holder: row.Holder, Assignment: row.Assignment, Turn: row.Turn, Priority: row.Priority, Missed: row.Missed, LastAgent: row.LastAgent,
				}, seat)
				require.NotContains(t, texts, "r_x")
			}
		}
		require.Equal(t, OpenRoomDue{Room: row.Room, State: row.State, RequestedAt: row.RequestedAt, Channel: row.Channel, Deadline: row.Deadline}, due)
	}
	_, err := DecodeOpenRoomDue([]byte{0x0a, 0x20, 'r'})
	require.ErrorIs(t, err, ErrWire)
	_, err = DecodeOpenRoomSeat([]byte{0x0a, 0x20, 'r'}, Texts{})
	require.ErrorIs(t, err, ErrWire)
}
