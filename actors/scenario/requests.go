package scenario

import (
	"fmt"
	"strconv"
	"strings"

	"switchyard/protocol"
)

// requestAct reads an act about a request, or a rating. M decides the room's newest request.
func (t *teller) requestAct(who, verb string, f []string) (issued, error) {
	var x issued
	if verb == "rates" {
		score, err := strconv.ParseUint(f[2], 10, 8)
		b := protocol.RateRoom{Room: t.rooms[who], Score: uint8(score), Comment: strings.Join(f[3:], " ")}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
		return x, err
	}
	at := map[string]int{"requests": 4, "asks": 4, "approves": 2, "rejects": 2, "reviews": 2}[verb]
	if len(f) <= at {
		return x, fmt.Errorf("%s what?", verb)
	}
	name := f[at]
	room, text := t.rooms[name], strings.Join(f[at+1:], " ")
	x.to = protocol.RoomAt(site, room)
	switch verb {
	case "requests":
		x.c.Body = protocol.RequestChange{Room: room, Assignment: t.assignment[name], To: account(f[2]), Text: text}
	case "asks":
		x.c.Body = protocol.RequestReview{Room: room, Assignment: t.assignment[name], Text: text}
	default:
		x.c.Body = protocol.DecideRequest{Room: room, Number: t.requests[name], OK: verb != "rejects"}
	}
	return x, nil
}
