package report

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"switchyard/protocol"
)

// The journey (domain 15) is counted on several levels at once: a room that comes through two rows of a dialogue is one room
// of the dialogue, so the rooms of a level are no sum of those below it. Customers are kept once, at the lowest
// level, as a set; those above are unions.
const (
	Ways      uint8 = iota // one way out of one row: all fields
	Rows                   // stage, previous, dialogue
	Nodes                  // stage, dialogue
	Labels                 // stage, dialogue, label and where it led
	Links                  // stage, dialogue, and the target: a dialogue or a terminal
	Terminals              // the stage after, and the terminal
	levels
)

// Terminals of the chart: what is no dialogue of a scenario. No dialogue's id begins with a dollar sign.
const (
	TerminalError  = "$error"
	TerminalLeave  = "$leave"
	TerminalEnd    = "$end"
	TerminalServed = "$served"
)

// target is where a link of the chart leads (15.5): never backwards and never to itself.
func target(k protocol.JourneyKey) string {
	switch k.Exit {
	case protocol.ExitError:
		return TerminalError
	case protocol.ExitHome, protocol.ExitBack:
		return TerminalLeave
	case protocol.ExitEnd:
		return TerminalEnd
	case protocol.ExitServed:
		return TerminalServed
	}
	return k.Next
}

// at projects a way onto a level; false = it has no part in it.
func at(k protocol.JourneyKey, level uint8) (protocol.JourneyKey, bool) {
	to := target(k)
	switch level {
	case Rows:
		return protocol.JourneyKey{Level: Rows, Stage: k.Stage, Previous: k.Previous, Dialogue: k.Dialogue}, true
	case Nodes:
		return protocol.JourneyKey{Level: Nodes, Stage: k.Stage, Dialogue: k.Dialogue}, true
	case Labels:
		return protocol.JourneyKey{Level: Labels, Stage: k.Stage, Dialogue: k.Dialogue, Label: k.Label, Next: k.Next}, k.Next != ""
	case Links:
		return protocol.JourneyKey{Level: Links, Stage: k.Stage, Dialogue: k.Dialogue, Next: to}, to != ""
	case Terminals:
		return protocol.JourneyKey{Level: Terminals, Stage: k.Stage + 1, Next: to}, len(to) > 0 && to[0] == '$'
	}
	return k, true
}

// journeySum is what is counted of a key while a day is folded.
type journeySum struct {
	moves, rooms int64
	room         int // the last one that was counted
	customers    []uint64
}

// JourneyDay folds the rooms of one day and one bot.
type JourneyDay struct {
	sums  map[protocol.JourneyKey]*journeySum
	rooms int
}

// Add counts one closed room with a bot part.
func (d *JourneyDay) Add(f *protocol.Figures) {
	if d.sums == nil {
		d.sums = map[protocol.JourneyKey]*journeySum{}
	}
	d.rooms++
	for i := range f.Moves {
		m := &f.Moves[i]
		way := protocol.JourneyKey{Stage: m.Stage, Previous: m.Previous, Dialogue: m.Dialogue, Exit: m.Exit, Label: m.Label, Next: m.Next}
		for level := range levels {
			k, ok := at(way, level)
			if !ok {
				continue
			}
			s := d.sums[k]
			if s == nil {
				s = &journeySum{}
				d.sums[k] = s
			}
			s.moves += int64(m.Count)
			if s.room != d.rooms {
				s.room = d.rooms
				s.rooms++
			}
			if level == Ways {
				s.customers = append(s.customers, uint64(f.Customer))
			}
		}
	}
}

// Cells are the day as it is stored, in a fixed order.
func (d *JourneyDay) Cells() []protocol.JourneyCell {
	cells := make([]protocol.JourneyCell, 0, len(d.sums))
	for k, s := range d.sums {
		cells = append(cells, protocol.JourneyCell{Key: k, Moves: s.moves, Rooms: s.rooms, Customers: appendSet(nil, s.customers)})
	}
	slices.SortFunc(cells, func(a, b protocol.JourneyCell) int { return compareKeys(a.Key, b.Key) })
	return cells
}

func compareKeys(a, b protocol.JourneyKey) int {
	return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Dialogue, b.Dialogue), cmp.Compare(a.Previous, b.Previous),
		cmp.Compare(a.Exit, b.Exit), cmp.Compare(a.Next, b.Next), cmp.Compare(a.Label, b.Label))
}

// A set of customers is stored as the differences of its sorted numbers, as varints: customers are numbered one after
// the other, so a day's set is hardly more than a byte each. (A roaring bitmap would be smaller where a set is dense; it
// is a library, and the law of imports keeps rules at the language alone.)
func appendSet(dst []byte, numbers []uint64) []byte {
	slices.Sort(numbers)
	last := uint64(0)
	for _, n := range slices.Compact(numbers) {
		dst = binary.AppendUvarint(dst, n-last)
		last = n
	}
	return dst
}

func eachOfSet(set []byte, each func(uint64)) {
	n := uint64(0)
	for len(set) > 0 {
		d, k := binary.Uvarint(set)
		if k <= 0 {
			return // the row's checksum held, so these are our own bytes
		}
		set = set[k:]
		n += d
		each(n)
	}
}

// union counts the members of several sets together.
type union struct {
	words []uint64
}

func (u *union) size(sets [][]byte) (n int64) {
	clear(u.words)
	for _, set := range sets {
		eachOfSet(set, func(no uint64) {
			w := int(no >> 6)
			if w >= len(u.words) {
				u.words = append(u.words, make([]uint64, w+1-len(u.words))...)
			}
			u.words[w] |= 1 << (no & 63)
		})
	}
	for _, w := range u.words {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// Triple is how often, in how many rooms, and of how many customers.
type Triple struct{ Moves, Rooms, Customers int64 }

// Journey is a window of days of one bot: each key of each level with its triple. A room has one day, so rooms add up;
// customers are counted once over the window.
type Journey struct {
	triples map[protocol.JourneyKey]*Triple
	sets    map[protocol.JourneyKey][][]byte
}

// AddDay adds a stored day.
func (j *Journey) AddDay(cells []protocol.JourneyCell) {
	if j.triples == nil {
		j.triples, j.sets = map[protocol.JourneyKey]*Triple{}, map[protocol.JourneyKey][][]byte{}
	}
	for i := range cells {
		c := &cells[i]
		t := j.triples[c.Key]
		if t == nil {
			t = &Triple{}
			j.triples[c.Key] = t
		}
		t.Moves += c.Moves
		t.Rooms += c.Rooms
		if c.Key.Level != Ways {
			continue
		}
		for level := range levels {
			if k, ok := at(c.Key, level); ok {
				j.sets[k] = append(j.sets[k], c.Customers)
			}
		}
	}
}

// Done counts the customers; AddDay may not follow.
func (j *Journey) Done() {
	var u union
	for k, t := range j.triples {
		t.Customers = u.size(j.sets[k])
	}
	j.sets = nil
}

// At is the triple of a key; zero if it never was.
func (j *Journey) At(k protocol.JourneyKey) Triple {
	if t := j.triples[k]; t != nil {
		return *t
	}
	return Triple{}
}

// Keys gives the keys of a level in order.
func (j *Journey) Keys(level uint8) []protocol.JourneyKey {
	var keys []protocol.JourneyKey
	for k := range j.triples {
		if k.Level == level {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// Row is a row of the table (15.3): a stage, what came before, and the dialogue.
type Row struct {
	Key    protocol.JourneyKey
	Entry  Triple
	Before Triple // of the parent dialogue, all its rows together; zero for start, error and hotkey rows
	Leaves int64
	Pseudo bool // 상담사연결: it has no leaves
	Ways   []Way
}

// Way is a sub-row: a label, where it leads, and how often.
type Way struct {
	Label, Next string
	Triple
}

// Table gives the rows of the table, each with its ways out.
func (j *Journey) Table() []Row {
	var rows []Row
	index := map[protocol.JourneyKey]int{}
	for _, k := range j.Keys(Rows) {
		r := Row{Key: k, Entry: j.At(k), Pseudo: k.Dialogue == protocol.JourneyAgent}
		switch k.Previous {
		case "", protocol.JourneyError, protocol.LabelHome, protocol.LabelBack:
		default:
			r.Before = j.At(protocol.JourneyKey{Level: Nodes, Stage: k.Stage - 1, Dialogue: k.Previous})
		}
		index[k] = len(rows)
		rows = append(rows, r)
	}
	for _, k := range j.Keys(Ways) {
		row, _ := at(k, Rows)
		r := &rows[index[row]]
		switch k.Exit {
		case protocol.ExitHome, protocol.ExitBack:
			r.Leaves += j.At(k).Moves
		case 0: // 상담사연결 that nobody answered
		default:
			r.Ways = append(r.Ways, Way{k.Label, k.Next, j.At(k)})
		}
	}
	return rows
}

// Node is a node of the chart: a dialogue at a stage, or a terminal.
type Node struct {
	Stage    int
	Dialogue string // or the terminal
	Label    string // by which it was always reached; empty = by several, or by none
	Triple
}

// Link is a link of the chart, always to the next stage.
type Link struct {
	Stage    int
	From, To string
	Triple
}

// Chart gives what a Sankey chart draws (15.5).
func (j *Journey) Chart() (nodes []Node, links []Link) {
	type place struct {
		stage    int
		dialogue string
	}
	by := map[place]string{}
	for _, k := range j.Keys(Labels) {
		p := place{k.Stage + 1, k.Next}
		if label, seen := by[p]; seen && label != k.Label {
			by[p] = ""
		} else if !seen {
			by[p] = k.Label
		}
	}
	for _, k := range j.Keys(Nodes) {
		nodes = append(nodes, Node{k.Stage, k.Dialogue, by[place{k.Stage, k.Dialogue}], j.At(k)})
	}
	for _, k := range j.Keys(Terminals) {
		nodes = append(nodes, Node{k.Stage, k.Next, "", j.At(k)})
	}
	slices.SortStableFunc(nodes, func(a, b Node) int { return cmp.Compare(a.Stage, b.Stage) })
	for _, k := range j.Keys(Links) {
		links = append(links, Link{k.Stage, k.Dialogue, k.Next, j.At(k)})
	}
	return nodes, links
}
