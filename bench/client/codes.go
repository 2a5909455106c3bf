package client

import (
	"strconv"
	"strings"
	"time"
)

// verdict is what a client does after a close.
type verdict uint8

const (
	reconnect      verdict = iota + 1 // with backoff
	reconnectNow                      // at once
	reconnectLater                    // after the time in the reason, at least 5 s
	reconnectDrain                    // inside the goaway window, if there was one
	renewToken                        // once with a new token, then stop
	stop
)

// closeCodes is the table of section 5. -1 is a socket that was lost without a close frame.
var closeCodes = map[int]verdict{
	-1:   reconnect,
	1000: reconnect, // the server's orderly end, while we did not ask for one
	1001: reconnect,
	1007: stop, // a frame of ours that must not be repeated
	1009: stop,
	1011: reconnect,
	4400: stop,
	4401: renewToken,
	4403: stop,
	4404: stop,
	4408: reconnect,
	4409: stop,
	4426: stop, // a page reloads once; a program has nothing to reload
	4429: reconnectLater,
	4500: reconnect,
	4503: reconnectDrain,
	4508: reconnectNow,
}

// afterClose reads the table; future 44xx stop, future 45xx and all else reconnect.
func afterClose(code int) verdict {
	if v, ok := closeCodes[code]; ok {
		return v
	}
	if code >= 4400 && code < 4500 {
		return stop
	}
	return reconnect
}

// laterMin is the least wait after 4429.
const laterMin = 5 * time.Second

// laterWait finds retry_ms in a close reason: the first number in it.
func laterWait(reason string) time.Duration {
	digits := strings.FieldsFunc(reason, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) > 0 {
		if ms, err := strconv.Atoi(digits[0]); err == nil {
			return max(laterMin, time.Duration(ms)*time.Millisecond)
		}
	}
	return laterMin
}
