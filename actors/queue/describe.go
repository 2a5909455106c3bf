package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/protocol"
)

// view reads the line and the agents, whole or as what changed since a revision.
func view(s *State, b protocol.ViewQueue, wall time.Time) protocol.QueueView {
	v := protocol.QueueView{Revision: s.revision, Count: s.waiting, Open: s.open}
	if s.facts != nil {
		v.Mode = s.facts.Settings.Mode
	}
	for _, p := range s.order {
		for c := range p.line.class {
			if n := p.line.class[c].head; n != 0 {
				if at := s.waiters.at(n).requestedAt; v.Oldest == 0 || at < v.Oldest {
					v.Oldest = at
				}
			}
		}
	}
	for i := range s.agents {
		a := &s.agents[i]
		if !s.eligible(a) {
			continue
		}
		if a.limit == 0 {
			v.Free = -1
			break
		}
		v.Free += int(a.limit - a.seats())
	}
	if b.Room != "" {
		v.Explain = explain(s, b.Room, wall)
	}
	if b.Loads {
		v.Agents = s.loads()
		return v
	}
	if b.Since != 0 && b.Since == s.revision {
		v.Base = b.Since
		return v
	}
	if b.Since != 0 && b.Since < s.revision && len(s.changes) > 0 && s.changes[0].revision <= b.Since+1 {
		v.Base = b.Since
		s.delta(&v, b.Since)
		return v
	}
	for _, r := range s.wholeLine() {
		v.Waiting = append(v.Waiting, s.waitingRoom(r))
		if v.Oldest == 0 || r.requestedAt < v.Oldest {
			v.Oldest = r.requestedAt
		}
	}
	v.Agents = s.loads()
	return v
}

// loads are the agents, by their ids.
func (s *State) loads() (all []protocol.AgentLoad) {
	for i := range s.agents {
		if s.agents[i].known {
			all = append(all, s.agentLoad(&s.agents[i]))
		}
	}
	slices.SortFunc(all, func(a, b protocol.AgentLoad) int { return strings.Compare(string(a.Account), string(b.Account)) })
	return all
}

func (s *State) delta(v *protocol.QueueView, since uint64) {
	rooms, agents := map[protocol.Chance]bool{}, map[int32]bool{}
	for i := len(s.changes) - 1; i >= 0 && s.changes[i].revision > since; i-- {
		c := s.changes[i]
		if c.slot >= 0 {
			if !agents[c.slot] && s.agents[c.slot].known {
				v.Agents = append(v.Agents, s.agentLoad(&s.agents[c.slot]))
			}
			agents[c.slot] = true
			continue
		}
		if rooms[c.room] {
			continue
		}
		rooms[c.room] = true
		if r := s.at(s.rooms.lookUp(c.room)); r.ref != nil && r.lined {
			v.Waiting = append(v.Waiting, s.waitingRoom(r))
		} else {
			v.Gone = append(v.Gone, s.rooms.name(c.room))
		}
	}
}

func (s *State) waitingRoom(r entry) protocol.WaitingRoom {
	k := &s.kinds[r.kind]
	w := protocol.WaitingRoom{Room: s.name(r), RequestedAt: r.requestedAt, Lock: r.lock, Category: k.category, Channel: k.channel, Priority: r.priority}
	if r.offered >= 0 {
		w.Offered = s.agents[r.offered].id
	}
	return w
}

func (s *State) agentLoad(a *agent) protocol.AgentLoad {
	why := s.whyNot(a)
	return protocol.AgentLoad{
		Account: a.id, Name: a.name, Want: a.want, Conn: a.conn, OnDuty: a.onDuty, Load: int(a.load), Limit: int(a.limit),
		Eligible: why == "", WhyNot: why,
	}
}

// Describe draws the queue for the reader of a golden file: line and loads.
func Describe(s *State) string {
	var b strings.Builder
	b.WriteString("line:")
	for _, r := range s.wholeLine() {
		b.WriteString(" " + string(s.name(r)))
		if r.lock {
			b.WriteString("(locked)")
		}
	}
	b.WriteString(" | loads:")
	ids := make([]string, 0, len(s.agents))
	for i := range s.agents {
		if a := &s.agents[i]; a.known {
			ids = append(ids, fmt.Sprintf(" %s=%d", a.id, a.load))
		}
	}
	slices.Sort(ids)
	b.WriteString(strings.Join(ids, ""))
	return b.String()
}
