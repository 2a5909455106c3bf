package queue

import "switchyard/protocol"

// The queue's own events: they change its memory and are never stored. They name a room by its number, 0 where it is not here
// (any more): nothing happens between a decision and its events that could give the number to another one.

type volatile struct{}

func (volatile) EventCode() protocol.EventCode { return protocol.Volatile }

type (
	factsAdopted struct {
		volatile
		facts *protocol.SiteFacts
	}
	agentReported struct {
		volatile
		report protocol.AgentReport
	}
	hoursTurned struct {
		volatile
		open bool
	}
	// roomAsked brings a room into the queue, in the line unless a seat follows at once.
	roomAsked struct {
		volatile
		room        protocol.RoomID
		key         protocol.Chance // keyOf the room
		plain       bool
		lock        bool
		priority    uint8
		kind        no // 0 = not known yet: that of category and channel
		last        int32
		requestedAt protocol.Instant

		category, channel string // where the kind is not known
	}
	seatReserved struct {
		volatile
		room  no // 0 = the one that has just asked
		slot  int32
		turn  uint64
		pass  bool // by a pass: counts towards its slice
		auto  bool // by a rule, not by a person
		rule  bool // by the balancer: moves the ring's cursor
		order int32
		until protocol.Instant // offered to the agent until then; 0 = to the room, at once
		why   *protocol.Why    // of an offer to the agent; nil without one
	}
	seatTaken struct {
		volatile
		room       no
		turn       uint64
		assignment uint32
	}
	seatReturned struct {
		volatile
		room  no
		turn  uint64
		state protocol.RoomState
	}
	roomGone struct {
		volatile
		room no
	}
	roomUnlocked struct {
		volatile
		room no
	}
	roomMoved struct { // to another class of the line
		volatile
		room  no
		class uint8
	}
	offerAccepted struct { // by the agent
		volatile
		room no
	}
	offerMissed struct { // declined
		volatile
		room no
	}
	offerWithdrawn struct { // a manager gives the room to somebody
		volatile
		room no
	}
	roomStuck struct { // everybody eligible has missed it
		volatile
		room no
	}
	timePassed  struct{ volatile } // moments of the extras have come
	passAsked   struct{ volatile }
	passEnded   struct{ volatile } // of one slice
	offersAsked struct {
		volatile
		upto int // offers asked for again
	}
)
