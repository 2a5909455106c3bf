package queue

import "switchyard/protocol"

// The queue's own events: they change its memory and are never stored.

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
		ask  protocol.AskSeat
		lock bool
	}
	seatReserved struct {
		volatile
		room  protocol.RoomID
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
		accepted protocol.SeatAccepted
	}
	seatReturned struct {
		volatile
		returned protocol.SeatReturned
	}
	roomGone struct {
		volatile
		room protocol.RoomID
	}
	roomUnlocked struct {
		volatile
		room protocol.RoomID
	}
	roomMoved struct { // to another class of the line
		volatile
		room  protocol.RoomID
		class uint8
	}
	offerAccepted struct { // by the agent
		volatile
		room protocol.RoomID
	}
	offerMissed struct { // declined
		volatile
		room protocol.RoomID
	}
	offerWithdrawn struct { // a manager gives the room to somebody
		volatile
		room protocol.RoomID
	}
	roomStuck struct { // everybody eligible has missed it
		volatile
		room protocol.RoomID
	}
	timePassed  struct{ volatile } // moments of the extras have come
	passAsked   struct{ volatile }
	passEnded   struct{ volatile } // of one slice
	offersAsked struct {
		volatile
		upto int // offers asked for again
	}
)
