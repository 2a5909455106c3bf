package report

import "switchyard/protocol"

// Consultation is what an open room keeps of its history for the reports. A room has none until an agent is
// bound or a bot talks, so a room that waits pays a nil pointer. Its segments grow with the assignments, each
// somebody's act; its moves with the different ways through the scenario, at most movesMax.
type Consultation struct {
	Segments []protocol.Segment `json:",omitempty"`
	Moves    []protocol.Move    `json:",omitempty"`
	Display  *protocol.Move     // the display that has not ended; nil = none, as in most rooms, which have no bot (PERF-3)
	Last     protocol.Instant   // the last chat message by a customer or an agent
	Mark     protocol.Instant   // where the stretch of the window that is running began
	Waits    bool               // it is the customer's: since Mark a message is unanswered
	Agents   bool               // the last message is an agent's
}

// movesMax bounds the different moves that are kept of one room. A scenario whose choices lead in a circle makes
// the stage grow; beyond the limit a walk is cut off: nothing further of it is counted.
const movesMax = 512

// Bound begins an agent's segment, and ends the one before (14.2).
func (c *Consultation) Bound(agent protocol.AccountID, at protocol.Instant) {
	c.endSegment(at, at)
	c.Segments = append(c.Segments, protocol.Segment{Agent: agent, Start: at})
}

// segment is the one that has not ended; nil = nobody has the room.
func (c *Consultation) segment() *protocol.Segment {
	if n := len(c.Segments); n > 0 && c.Segments[n-1].End == 0 {
		return &c.Segments[n-1]
	}
	return nil
}

// endSegment ends the segment at an instant, and its conversation window at another (cend of 14.3).
func (c *Consultation) endSegment(at, window protocol.Instant) {
	if s := c.segment(); s != nil {
		c.stretch(s, window)
		s.End = at
	}
}

// stretch ends the running stretch of the conversation window: it was the customer's wait, or the agent's.
func (c *Consultation) stretch(s *protocol.Segment, at protocol.Instant) {
	if s.Answered == 0 {
		return
	}
	if c.Waits {
		s.Hold += int64(at - c.Mark)
	} else {
		s.Wait += int64(at - c.Mark)
	}
	c.Mark = at
}

// AgentSpoke is a chat message of the segment's agent (R-163: never an automatic one).
func (c *Consultation) AgentSpoke(at protocol.Instant) {
	if c == nil {
		return
	}
	if s := c.segment(); s != nil {
		c.stretch(s, at)
		if s.Answered == 0 { // the waiting before it is FRT and is not counted again
			s.Answered, c.Mark = at, at
		}
	}
	c.Waits, c.Agents, c.Last = false, true, at
}

// CustomerSpoke is a customer's chat message. Several in a row do not restart the stretch.
func (c *Consultation) CustomerSpoke(at protocol.Instant) {
	if c == nil {
		return
	}
	if s := c.segment(); s != nil && s.Answered != 0 && !c.Waits {
		c.stretch(s, at)
		c.Waits = true
	}
	c.Agents, c.Last = false, at
}

// Shown is a display of a dialogue: it ends the one before (15.2).
func (c *Consultation) Shown(e *protocol.DialogueShown) {
	switch e.Exit {
	case protocol.ExitHome, protocol.ExitBack: // a leave: nothing is said of where it led
		c.left(e.Exit, "", "")
	case 0:
		// The first display ends none.
	default:
		c.left(e.Exit, e.Label, e.Dialogue)
	}
	if e.Exit == 0 || c.shows() {
		c.Display = &protocol.Move{Stage: e.Stage, Previous: e.Previous, Dialogue: e.Dialogue}
	}
}

// Requested is the connection request out of the bot: the display ends in 상담사연결, which has a row of its own.
func (c *Consultation) Requested(e *protocol.AgentRequested) {
	if c == nil || !c.shows() {
		return
	}
	c.left(protocol.ExitAgent, protocol.JourneyAgent, protocol.JourneyAgent)
	if c.shows() {
		c.Display = &protocol.Move{Stage: e.Stage, Previous: e.Parent, Dialogue: protocol.JourneyAgent}
	}
}

// left counts how the display ended; at the limit it cuts the walk off.
func (c *Consultation) left(exit protocol.Exit, label, next string) {
	if !c.shows() {
		return
	}
	m := *c.Display
	m.Exit, m.Label, m.Next = exit, label, next
	for i := range c.Moves {
		k := c.Moves[i]
		if k.Count = 0; k == m {
			c.Moves[i].Count++
			return
		}
	}
	if len(c.Moves) == movesMax {
		c.Display = nil
		return
	}
	m.Count = 1
	c.Moves = append(c.Moves, m)
}

// Closed ends what is left at the close: the segment and its window, and the display.
func (c *Consultation) Closed(at protocol.Instant, actor protocol.EndActor, answered bool) {
	if c == nil {
		return
	}
	window := c.Last
	if !staff(actor) && !c.Agents { // the customer was waiting to the end
		window = at
	}
	c.endSegment(at, window)
	switch {
	case !c.shows():
	case c.Display.Dialogue != protocol.JourneyAgent:
		c.left(protocol.ExitEnd, protocol.JourneyEnd, protocol.JourneyEnd)
	case answered:
		c.left(protocol.ExitServed, protocol.JourneyServed, protocol.JourneyServed)
	default:
		c.left(0, "", "")
	}
	c.Display = nil
}

// shows says whether a display has not ended. A snapshot of before says with an empty one that none has.
func (c *Consultation) shows() bool { return c.Display != nil && c.Display.Dialogue != "" }

// staff says whether somebody of the company ended the room.
func staff(a protocol.EndActor) bool {
	return a == protocol.EndedByAgent || a == protocol.EndedByManager
}
