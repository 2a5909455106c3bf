//go:build race

package gateway

// raced: the race detector is on, whose frames on the stack are larger.
const raced = true
