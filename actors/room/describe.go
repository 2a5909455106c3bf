package room

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"switchyard/protocol"
)

// View is the room as a snapshot shows it.
func View(s *State) protocol.RoomView {
	last := uint64(0)
	if n := len(s.ForAgent); n > 0 {
		last = uint64(s.ForAgent[n-1].Desk)
	}
	v := protocol.RoomView{
		Room: s.id(), Site: s.Addr.Site, State: s.State, Customer: s.Customer, Key: s.Key, Channel: s.Channel, Account: s.ChannelAccount,
		Category: s.Category, Category3: s.Category3, Title: s.Title, Seal: s.Seal,
		CreatedAt: s.CreatedAt, RequestedAt: s.RequestedAt, ClosedAt: s.ClosedAt,
		Holder: s.Holder, HolderName: s.HolderName, Assignment: s.Assignment, Lock: s.Lock, Refuse: s.Refuse, Hold: s.Hold,
		Flag: s.Flag, Tags: s.Tags, AlarmAt: s.AlarmAt, Actor: s.EndActor, Reason: s.Reason,
		Prompted: s.Prompted, Form: s.Form, LastCustomer: s.LastFrom == protocol.FromCustomer, Deadline: Deadline(s),
		Number: s.Log.Number, Desk: s.Log.Desk, RoomSeq: s.Log.Room, ReadByAgent: s.AgentRead, ReadByCustomer: s.CustRead,
		LastForAgent: last, UnreadAgent: len(s.ForAgent), UnreadCustomer: len(s.ForCustomer),
		RoomNumber: s.Number, AgentColumn: s.agentColumn(), Grade: s.Grade, LastAgent: s.LastAgent, Priority: s.Priority,
		Score: s.Score, Joined: s.Joined, Params: s.Params,
	}
	if r := s.change(); r != nil {
		v.Request, v.RequestTo = protocol.RequestID(s.id(), r.Number), r.To
	}
	return v
}

// Describe draws the state for the reader of a golden file, in one line.
func Describe(s *State) string {
	var b strings.Builder
	switch {
	case !s.Exists():
		return "nothing"
	case s.Asking():
		b.WriteString("ASKING")
	default:
		b.WriteString(s.State.String())
	}
	if s.Holder != "" {
		fmt.Fprintf(&b, " %s#%d", s.Holder, s.Assignment)
	}
	if s.Lock {
		b.WriteString(" locked")
	}
	if s.Refuse {
		b.WriteString(" refusing")
	}
	if s.Hold {
		b.WriteString(" held-open")
	}
	if s.ClosedAt != 0 {
		fmt.Fprintf(&b, " by %s (%s)", s.EndActor, s.Reason)
		if s.Rejected {
			b.WriteString(" rejected")
		}
	}
	return b.String()
}

// shape is what a snapshot must hold to be believed. It grows with what cannot be missing from a state: then older
// snapshots are thrown away, and the rooms made from their events. 2: Figures.
const shape = 2

type snapshot struct {
	Shape int
	*State
}

// Snapshot and Restore turn the state into bytes and back. JSON is enough for a cache.
func Snapshot(s *State) []byte {
	b, err := json.Marshal(snapshot{shape, s})
	if err != nil {
		panic(err) // every field is a plain value
	}
	return b
}

// Restore reads a snapshot. An error only means that the room is made from its events instead.
func Restore(a protocol.Address, b []byte) (*State, error) {
	x := snapshot{State: &State{Addr: a}}
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, err
	}
	if x.Shape != shape {
		return nil, fmt.Errorf("a snapshot of shape %d", x.Shape)
	}
	if s := x.State; s.LastFrom == protocol.FromCustomer && s.Asked == 0 {
		s.Asked = s.Spoken // of a snapshot that did not keep it: the wait began then or earlier
	}
	if x.Rare == nil || reflect.ValueOf(x.Rare).Elem().IsZero() {
		x.Rare = ordinary
	}
	return x.State, nil
}
