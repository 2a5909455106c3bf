package protocol

import "time"

// RejectCode says why a command was refused; the codes are those of the wire contract.
type RejectCode uint8

const (
	BadRequest RejectCode = iota + 1
	Unauthenticated
	Forbidden
	NotFound
	Conflict
	Taken
	NotAssigned
	RoomIsClosed
	CapacityFull
	OutOfHours
	NoAgent
	OverLimit
	ProfileRequired
	TooLarge
	UnsupportedType
	RateLimited
	Unavailable
	Internal
)

// rejections lists each code with its name on the wire, whether the same command may succeed
// later, and its HTTP status.
var rejections = [...]struct {
	name      string
	retryable bool
	status    int
}{
	{},
	BadRequest:      {"bad_request", false, 400},
	Unauthenticated: {"unauthenticated", false, 401},
	Forbidden:       {"forbidden", false, 403},
	NotFound:        {"not_found", false, 404},
	Conflict:        {"conflict", false, 409},
	Taken:           {"taken", false, 409},
	NotAssigned:     {"not_assigned", false, 409},
	RoomIsClosed:    {"room_closed", false, 409},
	CapacityFull:    {"capacity_full", true, 409},
	OutOfHours:      {"out_of_hours", true, 409},
	NoAgent:         {"no_agent", true, 409},
	OverLimit:       {"over_limit", true, 409},
	ProfileRequired: {"profile_required", true, 409},
	TooLarge:        {"too_large", false, 413},
	UnsupportedType: {"unsupported_type", false, 415},
	RateLimited:     {"rate_limited", true, 429},
	Unavailable:     {"unavailable", true, 503},
	Internal:        {"internal", false, 500},
}

// RejectCodes lists every code, for counters that start at zero and for tests.
func RejectCodes() []RejectCode {
	all := make([]RejectCode, 0, len(rejections)-1)
	for c := BadRequest; int(c) < len(rejections); c++ {
		all = append(all, c)
	}
	return all
}

func (c RejectCode) String() string {
	if int(c) < len(rejections) {
		return rejections[c].name
	}
	return "internal"
}

// Retryable says whether the same command may succeed later.
func (c RejectCode) Retryable() bool { return rejections[c].retryable }

// Status is the HTTP status of the refusal.
func (c RejectCode) Status() int { return rejections[c].status }

// Rejection is a refusal: part of the language, not a failure. It changed nothing.
//
// Order of precedence where several apply: a repeat of an accepted write first (it
// is not refused at all), then bad_request and too_large, not_found (also for what
// the caller may not see), forbidden, room_closed, not_assigned, then the rest.
type Rejection struct {
	Code       RejectCode
	Text       string // English, for logs; no personal data
	Field      string // the offending field, if one is to blame
	RetryAfter time.Duration
}

func (r *Rejection) Error() string {
	if r.Field != "" {
		return r.Code.String() + ": " + r.Field + ": " + r.Text
	}
	return r.Code.String() + ": " + r.Text
}

// Reject makes a refusal.
func Reject(code RejectCode, text string) *Rejection { return &Rejection{Code: code, Text: text} }

// RejectField makes a refusal that blames a field.
func RejectField(code RejectCode, field, text string) *Rejection {
	return &Rejection{Code: code, Field: field, Text: text}
}
