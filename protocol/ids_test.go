package protocol

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestARoomsChance: an id made of chance leads back to it, and no other text does.
func TestARoomsChance(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var c Chance
		for i := range c {
			c[i] = byte(dice.Uint32())
		}
		id := RoomIDFrom(c)
		back, ok := id.Chance()
		require.True(t, ok, id)
		require.Equal(t, c, back)

		changed := []byte(id)
		changed[dice.IntN(len(changed))] = byte(dice.Uint32())
		if back, ok := RoomID(changed).Chance(); ok {
			require.Equal(t, RoomID(changed), RoomIDFrom(back), "what is taken for chance must come back as it was")
		}
	}
	for _, id := range []RoomID{"", "r_", "r1", "r_aaaaaaaaaaaaaaaaaaaaaaaaab", "r_aaaaaaaaaaaaaaaaaaaaaaaaal", "x_aaaaaaaaaaaaaaaaaaaaaaaaaa", "r_aaaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		_, ok := id.Chance()
		require.False(t, ok, "%q", id)
	}
}
