package agent

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Offers (distribution.offer): the queue decides; the inbox shows what is offered and until when. An
// offer that a crash took from the queue ends here at its time like one that was missed.

func (s *State) offer(room protocol.RoomID) int {
	return slices.IndexFunc(s.Offers, func(o protocol.InboxOffered) bool { return o.Room == room })
}

func (s *State) gainOffer(step *core.Step, b protocol.InboxOffered) {
	if i := s.offer(b.Room); i < 0 || s.Offers[i].Turn < b.Turn {
		step.Do(&b)
	}
}

func (s *State) endOffer(step *core.Step, b protocol.InboxOfferEnded) {
	if i := s.offer(b.Room); i >= 0 && s.Offers[i].Turn == b.Turn {
		step.Do(&b)
	}
}

// missOffers ends the offers whose time has come.
func (s *State) missOffers(step *core.Step, at protocol.Instant) {
	for _, o := range s.Offers {
		if o.Until <= at {
			step.Do(&protocol.InboxOfferEnded{Room: o.Room, Turn: o.Turn, Reason: "missed"})
		}
	}
}

func (s *State) offered(o protocol.InboxOffered) {
	s.offerEnded(o.Room)
	s.Offers = append(s.Offers, o)
}

func (s *State) offerEnded(room protocol.RoomID) {
	if i := s.offer(room); i >= 0 {
		s.Offers = slices.Delete(s.Offers, i, i+1)
	}
}

// offersEnd is the earliest end of an offer; 0 = nothing is offered.
func (s *State) offersEnd() (d protocol.Instant) {
	for _, o := range s.Offers {
		if d == 0 || o.Until < d {
			d = o.Until
		}
	}
	return d
}
