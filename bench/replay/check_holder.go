package replay

import (
	"cmp"
	"slices"
	"time"
)

// oneHolder: by the agents' own inboxes, an assignment number of a room is given to
// one agent, once; numbers of a room follow each other without a hole; and an earlier
// holder is told of the loss before, by the server's time, the next one is told of the gain.
func oneHolder(l *Log, r *Result) {
	type held struct {
		room       string
		assignment int
	}
	lost := map[held]Loss{}
	for _, o := range l.Losses {
		lost[held{o.Room, o.Assignment}] = o
	}
	byRoom := map[string][]Gain{}
	for _, g := range l.Gains {
		byRoom[g.Room] = append(byRoom[g.Room], g)
	}
	for _, room := range sortedKeys(byRoom) {
		gains := byRoom[room]
		slices.SortStableFunc(gains, func(a, b Gain) int { return cmp.Compare(a.Assignment, b.Assignment) })
		for i, g := range gains {
			r.Judged++
			if i == 0 {
				if g.Assignment != 1 {
					r.fail("room %s: the first assignment anybody was told of is number %d (%s)", room, g.Assignment, g.Agent)
				}
				continue
			}
			before := gains[i-1]
			switch {
			case g.Assignment == before.Assignment:
				r.fail("room %s: assignment %d was given to %s and to %s", room, g.Assignment, before.Agent, g.Agent)
				continue
			case g.Assignment != before.Assignment+1:
				r.fail("room %s: assignment %d follows %d", room, g.Assignment, before.Assignment)
			}
			end, told := lost[held{room, before.Assignment}]
			switch {
			case !told:
				r.fail("room %s: %s holds assignment %d, and %s was never told that it lost %d", room, g.Agent, g.Assignment, before.Agent, before.Assignment)
			case end.At.After(g.At):
				r.fail("room %s: %s and %s both held it from %s to %s", room, before.Agent, g.Agent, clock(g.At), clock(end.At))
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// clock writes a server's time as its stamps are written.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
