package oracle

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Sheet is a file of rows: a table of its own.
type Sheet struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
}

// Row is one center that is played: all of its inputs, and what is expected of it. Times are in units of
// the mean handling time (AHT).
type Row struct {
	Label    string    `json:"label"`
	Agents   int       `json:"agents"`             // 1 … 5,000, all alike
	Limit    int       `json:"limit"`              // rooms at once of each; 0 = unlimited
	Load     float64   `json:"load"`               // offered erlangs, λ × mean work; above 0
	AHT      float64   `json:"aht_s,omitempty"`    // mean handling time in seconds of the site; 0 = 600. Times are stamped to the millisecond
	Arrivals Law       `json:"arrivals,omitzero"`  // law of the time between arrivals, its mean is set by Load; default exponential (Poisson)
	Work     Law       `json:"work,omitzero"`      // law of the handling time at speed 1, mean 1; default exponential
	Speed    []float64 `json:"speed,omitempty"`    // speed of each chat of an agent with 1, 2, … chats; the last one goes on. Empty = always 1
	Patience *Law      `json:"patience,omitempty"` // from the request; nil = endless
	// QueueLimit is how many may wait; whoever comes on top is refused. nil = everybody waits. 0 is the
	// engine's refusal when everybody on duty is at the own limit, more is its limit of open rooms.
	QueueLimit *int    `json:"queue_limit,omitempty"`
	Balancer   string  `json:"balancer,omitempty"` // least_load (default) or sequential
	Classes    []Class `json:"classes,omitempty"`  // empty = one class of customers

	// Start is empty (default: the first arrivals come into an empty center; they are dropped) or stationary:
	// the rooms of the beginning are drawn from the exact law. For rows whose memory is longer than
	// what is dropped; Markov rows only.
	Start string `json:"start,omitempty"`

	Tails  []float64 `json:"tails,omitempty"`         // t of tail(t), P(W > t)
	Within []float64 `json:"served_within,omitempty"` // t of served(t), P(W ≤ t and served)

	// Exact asks for expected values by the formula that fits the row (default), "none" for none.
	Exact string `json:"exact,omitempty"`
	// Expected names values by quantity; they go before the formula's.
	Expected map[string]float64 `json:"expected,omitempty"`
	// Printed are published digits, as text; a test holds the formulas to every one of them.
	Printed map[string]string `json:"printed,omitempty"`

	Most int    `json:"most,omitempty"` // arrivals per seed at most in a short run; 0 = no cap. Why says why
	Why  string `json:"why,omitempty"`
}

// Class is a kind of customers.
type Class struct {
	Name     string  `json:"name"`
	Share    float64 `json:"share"`              // of the arrivals; the shares add up to 1
	Priority int     `json:"priority,omitempty"` // 0 … 9, the higher first
	Agents   []int   `json:"agents,omitempty"`   // numbers of the agents its category is mapped to, from 1; empty = all. Either all classes have them or none
	Work     *Law    `json:"work,omitempty"`     // nil = the row's; a class may have another mean
	Patience *Law    `json:"patience,omitempty"` // nil = the row's
}

//go:embed tables/*.json
var tables embed.FS

// TableNames are the built-in tables, in their order.
var TableNames = []string{"b", "c", "a", "chat", "sqrt", "extra"}

// BuiltIn reads a built-in table.
func BuiltIn(name string) (Sheet, error) {
	if !slices.Contains(TableNames, name) {
		return Sheet{}, fmt.Errorf("table %q is none of %v", name, TableNames)
	}
	b, err := tables.ReadFile("tables/" + name + ".json")
	if err != nil {
		return Sheet{}, err
	}
	return Parse(b, name)
}

// Parse reads a sheet ({"rows": [...]}), or one row; errors name the row and the field.
func Parse(b []byte, name string) (Sheet, error) {
	var probe map[string]json.RawMessage
	if err := json.Unmarshal(b, &probe); err != nil {
		return Sheet{}, err
	}
	var s Sheet
	if _, many := probe["rows"]; many {
		if err := strict(b, &s); err != nil {
			return Sheet{}, err
		}
	} else {
		s.Rows = make([]Row, 1)
		if err := strict(b, &s.Rows[0]); err != nil {
			return Sheet{}, err
		}
	}
	if s.Name == "" {
		s.Name = name
	}
	if s.Title == "" {
		s.Title = s.Name
	}
	if len(s.Rows) == 0 {
		return Sheet{}, fmt.Errorf("rows: there is none")
	}
	for i := range s.Rows {
		if err := s.Rows[i].Check(); err != nil {
			return Sheet{}, fmt.Errorf("rows[%d] %q: %w", i, s.Rows[i].Label, err)
		}
	}
	return s, nil
}

func strict(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something follows the value")
	}
	return nil
}

// Check fills in defaults and says what is wrong with a row, by field.
func (r *Row) Check() error {
	if r.AHT == 0 {
		r.AHT = 600
	}
	if r.Arrivals.Name == "" {
		r.Arrivals.Name = "exponential"
	}
	if r.Work.Name == "" {
		r.Work.Name = "exponential"
	}
	if r.Balancer == "" {
		r.Balancer = "least_load"
	}
	if r.Start == "" {
		r.Start = "empty"
	}
	if r.Exact == "" {
		r.Exact = "auto"
	}
	if r.Label == "" {
		r.Label = fmt.Sprintf("%d × %d a=%g", r.Agents, r.Limit, r.Load)
	}
	switch {
	case r.Agents < 1 || r.Agents > 5000:
		return fmt.Errorf("agents must be 1 to 5000")
	case r.Limit < 0 || r.Limit > 10000:
		return fmt.Errorf("limit must be 0 (unlimited) to 10000")
	case !(r.Load > 0) || math.IsInf(r.Load, 0):
		return fmt.Errorf("load must be above 0")
	case !(r.AHT >= 1) || r.AHT > 86400:
		return fmt.Errorf("aht_s must be 1 to 86400")
	case r.QueueLimit != nil && (*r.QueueLimit < 0 || r.Limit == 0):
		return fmt.Errorf("queue_limit must be 0 or more, and needs a limit")
	case r.Balancer != "least_load" && r.Balancer != "sequential":
		return fmt.Errorf("balancer must be least_load or sequential")
	case r.Start != "empty" && r.Start != "stationary":
		return fmt.Errorf("start must be empty or stationary")
	case r.Exact != "auto" && r.Exact != "none":
		return fmt.Errorf("exact must be auto or none")
	}
	if r.Start == "stationary" && !r.markov() {
		return fmt.Errorf("start: the exact law is known of Poisson arrivals, exponential work and patience, one class and speed 1 only")
	}
	if err := r.Arrivals.check("arrivals"); err != nil {
		return err
	}
	if err := r.Work.check("work"); err != nil {
		return err
	}
	if r.Arrivals.Mean != 1 || r.Work.Mean != 1 {
		return fmt.Errorf("arrivals.mean and work.mean are 1: the load sets the rate, AHT is the unit")
	}
	if r.Patience != nil {
		if err := r.Patience.check("patience"); err != nil {
			return err
		}
	}
	for i, v := range r.Speed {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("speed[%d] must be above 0", i)
		}
	}
	for _, t := range slices.Concat(r.Tails, r.Within) {
		if !(t >= 0) || math.IsInf(t, 0) {
			return fmt.Errorf("tails and served_within must not be negative")
		}
	}
	return r.checkClasses()
}

func (r *Row) checkClasses() error {
	sum, mapped := 0.0, 0
	for i := range r.Classes {
		c := &r.Classes[i]
		field := fmt.Sprintf("classes[%d]", i)
		switch {
		case c.Name == "" || slices.ContainsFunc(r.Classes[:i], func(o Class) bool { return o.Name == c.Name }):
			return fmt.Errorf("%s.name must be there and its own", field)
		case !(c.Share > 0) || c.Share > 1:
			return fmt.Errorf("%s.share must be above 0 and at most 1", field)
		case c.Priority < 0 || c.Priority > 9:
			return fmt.Errorf("%s.priority must be 0 to 9", field)
		}
		for _, a := range c.Agents {
			if a < 1 || a > r.Agents {
				return fmt.Errorf("%s.agents must be numbers from 1 to %d", field, r.Agents)
			}
		}
		if len(c.Agents) > 0 {
			mapped++
		}
		for _, l := range []struct {
			law   *Law
			field string
		}{{c.Work, ".work"}, {c.Patience, ".patience"}} {
			if l.law != nil {
				if err := l.law.check(field + l.field); err != nil {
					return err
				}
			}
		}
		sum += c.Share
	}
	if len(r.Classes) > 0 && math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("classes: the shares add up to %g, not to 1", sum)
	}
	if mapped != 0 && mapped != len(r.Classes) {
		return fmt.Errorf("classes: either all have agents or none")
	}
	return nil
}

// slots are all places of all agents; 0 = unlimited.
func (r *Row) slots() int { return r.Agents * r.Limit }

// lambda is the arrival rate: the load ÷ the mean work over all classes.
func (r *Row) lambda() float64 { return r.Load / r.meanWork() }

func (r *Row) meanWork() float64 {
	if len(r.Classes) == 0 {
		return r.Work.Mean
	}
	sum := 0.0
	for _, c := range r.Classes {
		sum += c.Share * r.workOf(&c).Mean
	}
	return sum
}

func (r *Row) workOf(c *Class) Law {
	if c.Work != nil {
		return *c.Work
	}
	return r.Work
}

func (r *Row) patienceOf(c *Class) *Law {
	if c.Patience != nil {
		return c.Patience
	}
	return r.Patience
}

// speed is the rate of each of k chats of one agent.
func (r *Row) speed(k int) float64 {
	if len(r.Speed) == 0 || k < 1 {
		return 1
	}
	return r.Speed[min(k, len(r.Speed))-1]
}

// steady says that handling does not depend on how many chats an agent holds.
func (r *Row) steady() bool {
	return !slices.ContainsFunc(r.Speed, func(v float64) bool { return v != 1 })
}

// mapped says that classes have agents of their own.
func (r *Row) mapped() bool { return len(r.Classes) > 0 && len(r.Classes[0].Agents) > 0 }

func (r *Row) poisson() bool { return r.Arrivals.Name == "exponential" }

// markov says that the number in the system is a birth-death chain.
func (r *Row) markov() bool {
	return r.poisson() && r.Work.Name == "exponential" && len(r.Classes) == 0 && r.steady() && r.Limit > 0 &&
		(r.Patience == nil || r.Patience.Name == "exponential")
}

func (r *Row) theta() float64 {
	if r.Patience == nil {
		return 0
	}
	return 1 / r.Patience.Mean
}

// room is how many may wait; negative = no limit.
func (r *Row) room() int {
	if r.QueueLimit == nil {
		return -1
	}
	return *r.QueueLimit
}
