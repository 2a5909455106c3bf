package shell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a mind panicked with may hold a customer's words: neither the quarantine row nor the log
// repeats it. The runtime's own errors hold none.
func TestCauseRepeatsNobodysWords(t *testing.T) {
	caught := func(f func()) (p any) {
		defer func() { p = recover() }()
		f()
		return nil
	}
	require.Equal(t, "panic with a string", cause(caught(func() { panic("제 번호는 010-1234-5678") })))
	require.Contains(t, cause(caught(func() { var m map[string]int; m["x"] = 1 })), "nil map")
}
