package oracle

// Result is what a run of the oracles found: the JSON of `switchyard-bench oracles --json`.
// All times are in units of the row's mean handling time (AHT) unless a quantity's name says
// otherwise.
type Result struct {
	Seeds    int     `json:"seeds"`    // independent runs of each row, seeds 1 … Seeds
	Arrivals int     `json:"arrivals"` // of each run, at least; a row may ask for more (rows[].arrivals)
	Bound    float64 `json:"bound"`    // largest |z| that passes

	Tables       []Table      `json:"tables"`
	Little       Little       `json:"little"`
	Conservation Conservation `json:"conservation"`
	Perf7        *Perf7       `json:"perf7,omitempty"` // nil = not measured

	Judged    int     `json:"judged"`     // quantities that were compared
	Beyond    int     `json:"beyond"`     // of these, outside the bound, and again outside it in the second play
	Repeated  int     `json:"repeated"`   // outside the bound in the first play, and so played again
	WorstZ    float64 `json:"worst_z"`    // the largest |z| of all that were compared
	WorstAt   string  `json:"worst_at"`   // where
	WorstHalf float64 `json:"worst_half"` // largest half-width ÷ expected of p_wait, abandon and wait
	WorstHAt  string  `json:"worst_half_at"`
	Seconds   float64 `json:"seconds"`     // real time of the whole run
	CPU       float64 `json:"cpu_seconds"` // of all workers
}

// Table is one group of rows; one band plot.
type Table struct {
	Name  string   `json:"name"`  // b, c, a, chat, sqrt, extra, or a file's own
	Title string   `json:"title"` // for a reader
	Rows  []Figure `json:"rows"`
}

// Figure is one quantity of one row: what theory expects and what the runs gave. A band plot
// shows Mean ± HalfWidth against Expected.
type Figure struct {
	Label     string  `json:"label"`    // of the row: "n=50 a=48 θ=0.5"
	Quantity  string  `json:"quantity"` // p_wait, abandon, wait, queue, occupancy, block, tail(x), served(x), open, handling; with ".class" of one class
	Expected  float64 `json:"expected"`
	Mean      float64 `json:"mean"`       // of the seeds' means
	HalfWidth float64 `json:"half_width"` // of the 95 % interval, by Student's t with seeds-1 degrees of freedom
	T         float64 `json:"t"`          // (Mean - Expected) ÷ its standard error
	Z         float64 `json:"z"`          // the normal deviate that is as unlikely as T is under Student's law
	Arrivals  int     `json:"arrivals"`   // per seed, those dropped included
	Source    string  `json:"source"`     // of Expected: a formula's name, or "given"
	// AgainZ is the z of a second play, with other seeds and four times the arrivals, of a row that was beyond
	// the bound; nil = there was none. What is not beyond again was chance.
	AgainZ *float64 `json:"again_z,omitempty"`
	Judged bool     `json:"judged"`        // false = shown and not compared
	Why    string   `json:"why,omitempty"` // not judged, because
}

// Little is Little's law within each run: the mean number in line as the queue mind counts it,
// against the customers' waits inside the same window ÷ the window.
type Little struct {
	Runs   int     `json:"runs"`
	Worst  float64 `json:"worst"` // largest |queue ÷ (λ × wait) - 1| of any run
	At     string  `json:"at"`
	Bound  float64 `json:"bound"` // 0.001
	Failed int     `json:"failed"`
}

// Conservation is the count of rooms at the end of each run: created = waiting + open + closed +
// left, where waiting and open are what the queue mind has, and every room it has is one of these.
type Conservation struct {
	Runs    int    `json:"runs"`
	Created uint64 `json:"created"`
	Waiting uint64 `json:"waiting"`
	Open    uint64 `json:"open"`
	Closed  uint64 `json:"closed"` // served to the end, or refused
	Left    uint64 `json:"left"`   // gave up
	Failed  int    `json:"failed"`
	At      string `json:"at"` // the first that failed
}

// Perf7 is the speed of the real queue mind beside the bare simulator's, in turns on one core.
type Perf7 struct {
	Row      string    `json:"row"`
	Pairs    int       `json:"pairs"`
	Arrivals float64   `json:"arrivals_per_s"`      // median, real queue mind
	Bare     float64   `json:"bare_arrivals_per_s"` // median, bare simulator
	Ratio    float64   `json:"ratio"`               // median of the pairs' ratios
	RatioMin float64   `json:"ratio_min"`
	RatioMax float64   `json:"ratio_max"`
	Ratios   []float64 `json:"ratios"`
}

// Passed says whether everything that was judged holds.
func (r *Result) Passed() bool {
	return r.Beyond == 0 && r.Little.Failed == 0 && r.Conservation.Failed == 0 && r.Judged > 0
}
