package protocol

// AcceptOffer takes a room that is offered to the caller (room.accept); goes to the queue.
type AcceptOffer struct{ Room RoomID }

// DeclineOffer refuses it (room.decline); goes to the queue.
type DeclineOffer struct{ Room RoomID }

// ProposeSeat asks a waiting room to offer itself to the agent of the reserved seat; from the queue.
type ProposeSeat struct {
	Room  RoomID
	Seat  Seat
	Until Instant
}

// MissOffer tells the room that the agent did not accept; from the queue.
type MissOffer struct {
	Room     RoomID
	Turn     uint64
	Agent    AccountID
	Declined bool
}

// GainOffer and EndOffer tell the agent's inbox. They are not owed: what is offered does not survive a crash.
type GainOffer struct{ Offered InboxOffered }

// EndOffer see GainOffer.
type EndOffer struct{ Ended InboxOfferEnded }

func (AcceptOffer) CommandName() string  { return "room.accept" }
func (DeclineOffer) CommandName() string { return "room.decline" }
func (ProposeSeat) CommandName() string  { return "seat.propose" }
func (MissOffer) CommandName() string    { return "seat.missed" }
func (GainOffer) CommandName() string    { return "inbox.offer" }
func (EndOffer) CommandName() string     { return "inbox.offer_end" }
