package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// Second is a moment of the day in whole seconds after its 00:00. What happens
// after midnight but belongs to the day is 86,400 or more.
type Second int

const (
	dayLength = 24 * 3600
	// hoursMax is the first hour that is no hour: some records write 24:10:00 for ten past midnight.
	hoursMax = 48
)

// ParseClock reads H:MM:SS, hours up to 47.
func ParseClock(s string) (Second, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, fmt.Errorf("%q is not H:MM:SS", s)
	}
	total := 0
	for i, limit := range [...]int{hoursMax, 60, 60} {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 || n >= limit {
			return 0, fmt.Errorf("%q is not H:MM:SS", s)
		}
		total = total*60 + n
	}
	return Second(total), nil
}

// String writes the moment as H:MM:SS, hours beyond 24 for the next day.
func (s Second) String() string {
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// after puts a clock time behind an earlier one of the same call: the record's
// clock starts anew at midnight, so a step back by more than half a day means the
// next day. A smaller step back is the record's jitter (services often start a
// second before the queue is left) and stays.
func (s Second) after(earlier Second) Second {
	for s+dayLength/2 < earlier {
		s += dayLength
	}
	return s
}
