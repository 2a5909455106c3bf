package client

import (
	"testing/synctest"
	"time"
)

// pass lets virtual time pass and everybody act on it. It is only called inside a
// synctest bubble, where a sleep takes no time.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
