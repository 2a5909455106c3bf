package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchyard/actors/room"
	"switchyard/persistence"
	"switchyard/protocol"
)

const journalUsage = `usage: switchyard journal COMMAND [-data DIR] ...

  verify                              read everything; exit code 0 = whole, 2 = damaged
  list [-site ID]                     the journals: actor, events, records, times
  replay -site ID -room ID [-to N]    a room's events, and what they come to after event N
  explain -site ID -room ID           who had the room, by which rule, and who else could have

No node may be running on the folder. Nothing is written. replay prints what was said in the room.
`

// errDamaged: the store was read, or refused, and something in it is not what was written. The exit code is 2.
var errDamaged = errors.New("the store is damaged")

// journalCommand is "switchyard journal": an operator's look at a store that no node has open.
func journalCommand(args []string, out, errOut io.Writer) error {
	if len(args) == 0 || strings.Contains(args[0], "help") || args[0] == "-h" {
		fmt.Fprint(out, journalUsage)
		return nil
	}
	fs := flag.NewFlagSet("journal "+args[0], flag.ContinueOnError)
	fs.SetOutput(errOut)
	data := fs.String("data", "data", "folder of the store and the keys; no node may be running on it")
	site := fs.String("site", "", "site id")
	id := fs.String("room", "", "room id")
	to := fs.Uint64("to", 0, "number of the last event to replay; 0 = all")
	look, known := map[string]func(*inspector) error{
		"verify": (*inspector).verify, "list": (*inspector).list, "replay": (*inspector).replay, "explain": (*inspector).explain,
	}[args[0]]
	if !known {
		return fmt.Errorf("journal: %q is not a command; \"switchyard journal help\" lists them", args[0])
	}
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	if one := args[0] == "replay" || args[0] == "explain"; one && (*site == "" || *id == "") {
		return fmt.Errorf("journal %s: -site and -room are needed", args[0])
	}
	o := persistence.Options{Keys: filepath.Join(*data, "keys", "subjects")}
	if _, err := os.Stat(o.Keys); err != nil { // a copy of the store alone: what was said stays hidden
		o.Keys = ""
	}
	store, err := persistence.OpenReadOnly(filepath.Join(*data, "store"), o)
	if errors.Is(err, persistence.ErrChecksum) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return err
	}
	i := &inspector{store: store, out: out, site: protocol.SiteID(*site), room: protocol.RoomAt(protocol.SiteID(*site), protocol.RoomID(*id)), to: *to}
	return errors.Join(look(i), store.Close())
}

// inspector is one look at a store.
type inspector struct {
	store *persistence.Inspection
	out   io.Writer
	site  protocol.SiteID
	room  protocol.Address
	to    uint64
}

func stamp(at protocol.Instant) string { return at.Time().Format("2006-01-02T15:04:05.000Z") }

func (i *inspector) verify() error {
	began := time.Now()
	t, err := i.store.Walk(
		func(l persistence.Log) error {
			if l.Err != nil {
				fmt.Fprintf(i.out, "damaged: %s after event %d: %v\n", l.Actor, l.Events, l.Err)
			}
			return nil
		},
		func(err error) error { fmt.Fprintln(i.out, "damaged:", err); return nil },
	)
	if err != nil {
		return err
	}
	fmt.Fprintf(i.out, "%d journals, %d records, %d events, %d rows, %d entries in %s\n",
		t.Actors, t.Records, t.Events, t.Rows, t.Entries, time.Since(began).Round(time.Millisecond))
	if t.Damaged > 0 {
		return fmt.Errorf("%w: %d places; the other journals can be read", errDamaged, t.Damaged)
	}
	fmt.Fprintln(i.out, "whole")
	return nil
}

func (i *inspector) list() error {
	damaged := 0
	_, err := i.store.Walk(
		func(l persistence.Log) error {
			if i.site != "" && l.Actor.Site != i.site {
				return nil
			}
			state := "whole"
			if l.Err != nil {
				state = "damaged"
				damaged++
			}
			fmt.Fprintf(i.out, "%-60s %8d events %8d records  %s  %s  %s\n", l.Actor, l.Events, l.Records, stamp(l.First), stamp(l.Last), state)
			return nil
		},
		func(error) error { damaged++; return nil },
	)
	if err == nil && damaged > 0 {
		err = fmt.Errorf("%w: \"switchyard journal verify\" says where", errDamaged)
	}
	return err
}

// events reads the room's history; an end that is not the journal's own is an error, after what could be read.
func (i *inspector) events(each func(protocol.Recorded) error) error {
	n := 0
	err := i.store.Events(i.room, 1, -1, func(r protocol.Recorded) error {
		if i.to != 0 && r.Number > i.to {
			return nil
		}
		n++
		return each(r)
	})
	if errors.Is(err, persistence.ErrChecksum) || errors.Is(err, persistence.ErrGap) || errors.Is(err, protocol.ErrWire) {
		return fmt.Errorf("%w after event %d: %w", errDamaged, n, err)
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("there is no %s", i.room)
	}
	return err
}

// replay prints the room's events in the form in which accounts see them, and the state that they come to.
func (i *inspector) replay() error {
	state := room.Machine.New(i.room)
	stream := protocol.Stream{View: protocol.StreamDesk, Of: i.room}
	err := i.events(func(r protocol.Recorded) error {
		room.Machine.Apply(state, r)
		fmt.Fprintf(i.out, "%d %s entry %d %s %s\n", r.Number, stamp(r.At), r.Entry, r.Event.EventCode(), protocol.AppendFrame(nil, stream, &r))
		return nil
	})
	if state.Log.Number > 0 {
		fmt.Fprintf(i.out, "after event %d: %s\n", state.Log.Number, room.Describe(state))
	}
	return err
}

// explain prints every event that says who has the room and why.
func (i *inspector) explain() error {
	state := room.Machine.New(i.room)
	err := i.events(func(r protocol.Recorded) error {
		room.Machine.Apply(state, r)
		switch e := r.Event.(type) {
		case *protocol.RoomOpened:
			fmt.Fprintf(i.out, "%s opened on %s, category %q\n", stamp(r.At), e.Channel, e.Category)
		case *protocol.RoomQueued:
			fmt.Fprintf(i.out, "%s waits, by row %d of the gate's table\n", stamp(r.At), e.Row)
		case *protocol.RoomAssigned:
			i.assigned(r.At, e)
		case *protocol.RoomClosed:
			fmt.Fprintf(i.out, "%s closed by %s, %s\n", stamp(r.At), e.Actor, e.Reason)
		}
		return nil
	})
	if state.Log.Number > 0 {
		fmt.Fprintf(i.out, "now: %s\n", room.Describe(state))
	}
	return err
}

// assigned prints one assignment with the rule that led to it (domain 6).
func (i *inspector) assigned(at protocol.Instant, e *protocol.RoomAssigned) {
	fmt.Fprintf(i.out, "%s #%d to %s", stamp(at), e.Assignment, e.Agent)
	if e.From != "" {
		fmt.Fprintf(i.out, " from %s", e.From)
	}
	fmt.Fprintf(i.out, ": %s", e.Cause)
	if e.By != "" {
		fmt.Fprintf(i.out, " by %s", e.By)
	}
	fmt.Fprintf(i.out, ", rule %s, %d could have had it, %d rooms waited\n", e.Why.Rule, e.Why.Eligible, e.Why.Waited)
	for _, c := range e.Why.Candidates {
		fmt.Fprintf(i.out, "    candidate %s with %d rooms\n", c.Account, c.Load)
	}
}
