package agent

import (
	"slices"

	"switchyard/protocol"
)

// Most agents have a handful of rooms, and a look at each is the quickest search. Some have thousands, where nobody limits them: there each room
// that came or went looked at all others, four times. So a long list has a mark beside each room, four bytes, in the same order:
// the marks are looked through in one go, and hardly ever is there a second one alike.

// marksMin is how many rooms an agent has at most without marks.
const marksMin = 32

// mark is FNV-1a of a room's id.
func mark(room protocol.RoomID) uint32 {
	h := uint32(2166136261)
	for i := range len(room) {
		h = (h ^ uint32(room[i])) * 16777619
	}
	return h
}

// find is the place of a room; -1 = the agent does not have it.
func (s *State) find(room protocol.RoomID) int {
	if s.marks == nil {
		return slices.IndexFunc(s.Rooms, func(r protocol.InboxRoom) bool { return r.Room == room })
	}
	m := mark(room)
	for from := 0; ; from++ {
		k := slices.Index(s.marks[from:], m)
		if k < 0 {
			return -1
		}
		if from += k; s.Rooms[from].Room == room {
			return from
		}
	}
}

// gain puts a room at the end.
func (s *State) gain(r protocol.InboxRoom) {
	s.Rooms = append(s.Rooms, r)
	if s.marks != nil {
		s.marks = append(s.marks, mark(r.Room))
	} else if len(s.Rooms) > marksMin {
		s.markAll()
	}
}

// lose takes a room away, if it is there.
func (s *State) lose(room protocol.RoomID) {
	i := s.find(room)
	if i < 0 {
		return
	}
	s.Rooms = slices.Delete(s.Rooms, i, i+1)
	switch {
	case s.marks == nil:
	case len(s.Rooms) <= marksMin/2: // not at the same number as it began, so that nobody goes to and fro there
		s.marks = nil
	default:
		s.marks = slices.Delete(s.marks, i, i+1)
	}
}

func (s *State) markAll() {
	s.marks = make([]uint32, len(s.Rooms), len(s.Rooms)+marksMin)
	for i := range s.Rooms {
		s.marks[i] = mark(s.Rooms[i].Room)
	}
}
