package trace

// Figures is what the record says about its day.
type Figures struct {
	Offered        int
	Served         int
	Abandoned      int
	NeverQueued    int // of the abandoned: hung up without having stood in the queue
	NoServer       int // of the served: no server is named
	Phantoms       int // ignored, not offered
	Waits          []int
	WaitsServed    []int
	WaitsAbandoned []int
}

// Figures counts the day. Waits are seconds in the queue; a call that did not queue waited 0.
func (d *Day) Figures() Figures {
	f := Figures{Offered: len(d.Calls), Phantoms: d.Phantoms}
	for i := range d.Calls {
		c := &d.Calls[i]
		f.Waits = append(f.Waits, c.Wait)
		if c.Outcome == Served {
			f.Served++
			f.WaitsServed = append(f.WaitsServed, c.Wait)
			if c.Server == "" {
				f.NoServer++
			}
			continue
		}
		f.Abandoned++
		f.WaitsAbandoned = append(f.WaitsAbandoned, c.Wait)
		if !c.Queued {
			f.NeverQueued++
		}
	}
	return f
}
