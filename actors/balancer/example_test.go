package balancer_test

import (
	"fmt"

	"switchyard/actors/balancer"
)

// D-5: four rooms arrive at once, A, B and C all at 0. They go to A, B, C, A.
func ExampleLeastLoad() {
	names := []string{"A", "B", "C"}
	keys := make([]balancer.Key, len(names))
	var pool balancer.LeastLoad
	for slot := range keys {
		keys[slot].Order = int32(slot)
		pool.Set(int32(slot), keys[slot])
	}
	for turn := range uint64(4) {
		slot, _ := pool.Pick()
		k := &keys[slot]
		k.Load, k.Last = k.Load+1, turn+1
		pool.Set(slot, *k)
		fmt.Print(names[slot], " ")
	}
	// Output: A B C A
}
