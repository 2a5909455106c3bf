package protocol

// An automatic assignment that is first offered to the agent (distribution.offer).

// InboxOffered says that a waiting room is offered to the agent. It is not the agent's yet.
type InboxOffered struct {
	Room     RoomID
	Turn     uint64 // the site's number of the reserved seat
	Customer string
	Title    string
	Channel  Channel
	Until    Instant // accepted or declined before this instant, or missed
	Seal     uint64  // number of the customer's key
}

// SealedBy is the customer's.
func (e *InboxOffered) SealedBy() uint64 { return e.Seal }

func (*InboxOffered) EventCode() EventCode     { return CodeInboxOffered }
func (*InboxOffered) Shown() (desk, room bool) { return true, false }
func (e *InboxOffered) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Turn)
	codePersonal(c, 3, &e.Customer)
	codeString(c, 4, &e.Title)
	codeUint(c, 5, &e.Channel)
	codeInt(c, 6, &e.Until)
	codeUint(c, 7, &e.Seal)
}

func (e *InboxOffered) frame(j *JSON) {
	j.Str("room", string(e.Room))
	j.Uint("turn", e.Turn)
	j.Str("customer", e.Customer)
	j.Str("title", e.Title)
	j.Str("channel", e.Channel.String())
	j.Instant("until", e.Until)
}

// AppendOffer appends the offer as the snapshot of an inbox shows it.
func (e *InboxOffered) AppendOffer(dst []byte) []byte {
	j := JSON{B: dst}
	j.Open()
	e.frame(&j)
	j.Close()
	return j.B
}

// InboxOfferEnded says that the offer can no longer be accepted.
type InboxOfferEnded struct {
	Room   RoomID
	Turn   uint64
	Reason string // accepted, declined, missed, withdrawn, closed
}

func (*InboxOfferEnded) EventCode() EventCode     { return CodeInboxOfferEnded }
func (*InboxOfferEnded) Shown() (desk, room bool) { return true, false }
func (e *InboxOfferEnded) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Turn)
	codeString(c, 3, &e.Reason)
}

func (e *InboxOfferEnded) frame(j *JSON) {
	j.Str("room", string(e.Room))
	j.Uint("turn", e.Turn)
	j.Str("reason", e.Reason)
}

// OfferMissed remembers in the room that an agent did not accept it: no rule gives it to this agent again.
type OfferMissed struct {
	Agent    AccountID
	Turn     uint64
	Declined bool // said no; else the time ran out
}

func (*OfferMissed) EventCode() EventCode     { return CodeOfferMissed }
func (*OfferMissed) Shown() (desk, room bool) { return true, false }
func (e *OfferMissed) code(c *coder) {
	codeString(c, 1, &e.Agent)
	codeUint(c, 2, &e.Turn)
	codeBool(c, 3, &e.Declined)
}

func (e *OfferMissed) frame(j *JSON) {
	j.Str("agent", string(e.Agent))
	j.Uint("turn", e.Turn)
	if e.Declined {
		j.Bool("declined", true)
	}
}
