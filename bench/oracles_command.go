package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"switchyard/bench/machine"
	"switchyard/bench/oracle"
)

const oraclesUsage = `Usage: switchyard-bench oracles [flags]

Plays the real queue mind in virtual time and compares with queueing theory: Erlang B, C
and A, chat centers, square-root staffing, and rows of other kinds. Times are in units of
the mean handling time (AHT). A row of your own comes from a file (--row) or from the
flags of one (--agents and those after it); the formula that fits is found, or expected
values are named. Exit code 1: something is beyond the bound.

`

// errBeyond says that the mind and theory disagree; the rows have been printed.
var errBeyond = errors.New("the queue mind and theory disagree")

// perf7Rows are played by turns without and with the mind, by table and label.
var perf7Rows = []string{"a", "n=50 a=48 θ=0.5"}

// gcPercent lets the heap of a run grow ninefold between collections.
const gcPercent = 800

type oraclesFlags struct {
	tables, file, json string
	options            oracle.Options
	pairs              int
	quiet              bool
	row                oracle.Row
	own                bool // the row of the flags
}

// oraclesReport is the JSON file: the result and on what it was measured.
type oraclesReport struct {
	Machine machine.Facts `json:"machine"`
	oracle.Result
}

func oraclesCommand(ctx context.Context, w World, args []string) error {
	f, err := parseOracles(w, args)
	if err != nil {
		return err
	}
	sheets, err := f.sheets()
	if err != nil {
		return err
	}
	facts := machine.Look()
	// The heap is a few megabytes and nearly all of it dies at once: with the default the collector would run for
	// every 2,000 arrivals, which no node does.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	if !f.quiet && len(sheets) > 0 {
		f.options.Done = func(sheet string, row *oracle.Row, figures []oracle.Figure) {
			for _, x := range figures {
				fmt.Fprintln(w.Out, figureLine(sheet, x, f.options.Bound))
			}
		}
		fmt.Fprintln(w.Out, figureHead)
	}
	result := &oracle.Result{}
	if len(sheets) > 0 {
		if result, err = oracle.Run(ctx, sheets, f.options); err != nil {
			return err
		}
	}
	if f.pairs > 0 {
		if result.Perf7, err = f.perf7(ctx); err != nil {
			return err
		}
	}
	facts.LoadAfter, facts.CPUSelf = machine.Load(), machine.CPU().Seconds()
	tellOracles(w.Out, result)
	if f.json != "" {
		b, err := json.MarshalIndent(oraclesReport{facts, *result}, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.json, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if len(sheets) > 0 && !result.Passed() {
		return errBeyond
	}
	return nil
}

// parseOracles reads the command line; errors are errUsage or flag.ErrHelp and have been printed.
func parseOracles(w World, args []string) (*oraclesFlags, error) {
	f := &oraclesFlags{}
	s := flag.NewFlagSet("oracles", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprint(w.Err, oraclesUsage)
		s.PrintDefaults()
	}
	s.StringVar(&f.tables, "table", "", "only these `tables`, with commas: "+strings.Join(oracle.TableNames, ", ")+"; none: no table. Empty: all")
	s.StringVar(&f.file, "row", "", "rows of a JSON `file` (bench/README.md has the fields) instead of the tables")
	s.IntVar(&f.options.Seeds, "seeds", 20, "independent runs of each row, 5 or more (with fewer, Student's law excuses nearly everything)")
	s.Uint64Var(&f.options.First, "first-seed", 1, "the seeds are this one and those after it")
	s.IntVar(&f.options.Arrivals, "arrivals", 100_000, "arrivals of each run, 1,000 or more; the first tenth is dropped")
	s.Float64Var(&f.options.Bound, "bound", 0, "largest |z| that passes; 0: 3.5, with 1,000,000 arrivals or more 3")
	s.Float64Var(&f.options.HalfWidth, "half-width", 0, "play rows longer, until the half-width of p_wait, block, wait and abandon is foretold to be at most so many percent of the value, at most 20 times --arrivals; 0: do not")
	s.BoolVar(&f.options.Full, "full", false, "rows that ask for fewer arrivals in a short run do not get them")
	s.BoolVar(&f.options.Bare, "bare", false, "play the bare simulator instead of the queue mind, the rows that it can: does the harness itself agree?")
	s.IntVar(&f.options.Workers, "workers", 0, "runs at a time; 0: one for each processor")
	s.IntVar(&f.pairs, "pairs", 0, "measure simulated arrivals a second beside the bare simulator's so many times in turns (PERF-7); 0: do not")
	s.StringVar(&f.json, "json", "", "write the result as JSON to this `file`")
	s.BoolVar(&f.quiet, "quiet", false, "print the summary alone")

	r := &f.row
	s.IntVar(&r.Agents, "agents", 0, "own row: agents")
	s.IntVar(&r.Limit, "limit", 1, "own row: rooms an agent has at once; 0: unlimited")
	s.Float64Var(&r.Load, "load", 0, "own row: offered load in erlangs, arrival rate × AHT")
	s.StringVar(&r.Label, "label", "", "own row: its name")
	s.StringVar(&r.Balancer, "balancer", "", "own row: least_load or sequential")
	s.StringVar(&r.Start, "start", "", "own row: empty or stationary")
	law := func(to func(oracle.Law), name, what string) {
		s.Func(name, "own row: "+what+", as `law`, law:scv or law:scv:mean, such as constant, lognormal:2, exponential::0.5", func(v string) error {
			l, err := lawOf(v)
			if err == nil {
				to(l)
			}
			return err
		})
	}
	law(func(l oracle.Law) { r.Arrivals = l }, "interarrival", "law of the time between arrivals")
	law(func(l oracle.Law) { r.Work = l }, "work", "law of the handling time")
	law(func(l oracle.Law) { r.Patience = &l }, "patience", "law of patience, its mean in AHT")
	s.Func("queue-limit", "own row: `places` in line, whoever comes on top is refused", func(v string) error {
		n, err := strconv.Atoi(v)
		r.QueueLimit = &n
		return err
	})
	numbers := func(to *[]float64, name, what string) {
		s.Func(name, "own row: "+what+", `numbers` with commas", func(v string) error {
			for _, p := range strings.Split(v, ",") {
				x, err := strconv.ParseFloat(p, 64)
				if err != nil {
					return err
				}
				*to = append(*to, x)
			}
			return nil
		})
	}
	numbers(&r.Speed, "speed", "speed of each chat of an agent with 1, 2, … chats; the last one goes on")
	numbers(&r.Tails, "tail", "t of P(W > t), in AHT")
	numbers(&r.Within, "served-within", "t of P(W ≤ t and served), in AHT")
	s.Func("expect", "own row: `quantity=value`; may be repeated", func(v string) error {
		q, x, ok := strings.Cut(v, "=")
		value, err := strconv.ParseFloat(x, 64)
		if !ok || err != nil {
			return fmt.Errorf("%q is not quantity=value", v)
		}
		if r.Expected == nil {
			r.Expected = map[string]float64{}
		}
		r.Expected[q] = value
		return nil
	})
	if err := s.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	given := map[string]bool{}
	s.Visit(func(x *flag.Flag) { given[x.Name] = true })
	f.own = given["agents"] || given["load"]
	wrong := func(format string, args ...any) (*oraclesFlags, error) {
		fmt.Fprintf(w.Err, "switchyard-bench oracles: "+format+"\n", args...)
		return nil, errUsage
	}
	switch {
	case s.NArg() > 0:
		return wrong("unexpected %q", s.Arg(0))
	case f.options.Seeds < 5:
		return wrong("--seeds must be 5 or more")
	case f.options.Arrivals < 1000:
		return wrong("--arrivals must be 1000 or more")
	case !(f.options.HalfWidth >= 0) || !(f.options.Bound >= 0) || f.pairs < 0 || f.options.Workers < 0:
		return wrong("--half-width, --bound, --pairs and --workers must not be negative")
	case f.file != "" && f.tables != "" || f.own && (f.file != "" || f.tables != ""):
		return wrong("--table, --row and a row of flags are three ways: take one")
	}
	if !f.own {
		for _, name := range []string{"limit", "label", "balancer", "start", "interarrival", "work", "patience", "queue-limit", "speed", "tail", "served-within", "expect"} {
			if given[name] {
				return wrong("--%s is of an own row: --agents and --load are missing", name)
			}
		}
	}
	if f.options.Bound == 0 {
		f.options.Bound = 3.5
		if f.options.Arrivals >= 1_000_000 {
			f.options.Bound = 3
		}
	}
	f.options.HalfWidth /= 100
	return f, nil
}

// lawOf reads law, law:scv or law:scv:mean.
func lawOf(v string) (l oracle.Law, err error) {
	parts := strings.Split(v, ":")
	l.Name = parts[0]
	for i, to := range []*float64{&l.SCV, &l.Mean} {
		if len(parts) > i+1 && parts[i+1] != "" {
			if *to, err = strconv.ParseFloat(parts[i+1], 64); err != nil {
				return l, err
			}
		}
	}
	if len(parts) > 3 {
		return l, fmt.Errorf("%q has more than law:scv:mean", v)
	}
	return l, nil
}

// sheets are the rows that the flags ask for.
func (f *oraclesFlags) sheets() ([]oracle.Sheet, error) {
	switch {
	case f.own:
		if err := f.row.Check(); err != nil {
			return nil, err
		}
		return []oracle.Sheet{{Name: "own", Title: "A row of its own", Rows: []oracle.Row{f.row}}}, nil
	case f.file != "":
		b, err := os.ReadFile(f.file)
		if err != nil {
			return nil, err
		}
		s, err := oracle.Parse(b, "file")
		if err != nil {
			return nil, fmt.Errorf("--row: %w", err)
		}
		return []oracle.Sheet{s}, nil
	case f.tables == "none":
		return nil, nil
	}
	names := oracle.TableNames
	if f.tables != "" {
		names = strings.Split(f.tables, ",")
	}
	var all []oracle.Sheet
	for _, name := range names {
		s, err := oracle.BuiltIn(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// perf7 measures the speed of the mind beside the bare simulator's.
func (f *oraclesFlags) perf7(ctx context.Context) (*oracle.Perf7, error) {
	s, err := oracle.BuiltIn(perf7Rows[0])
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Rows, func(r oracle.Row) bool { return r.Label == perf7Rows[1] })
	return oracle.MeasurePerf7(ctx, &s.Rows[i], f.pairs, f.options.Arrivals)
}

var figureHead = fmt.Sprintf("%-6s %-46s %-13s %12s %12s %10s %6s", "table", "row", "quantity", "expected", "mean", "± 95 %", "z")

func figureLine(sheet string, x oracle.Figure, bound float64) string {
	note := ""
	switch {
	case !x.Judged:
		note = "  not judged: " + x.Why
	case math.Abs(x.Z) > bound:
		note = "  BEYOND"
	}
	return fmt.Sprintf("%-6s %-46s %-13s %12.8f %12.8f %10.2g %6.2f%s", sheet, x.Label, x.Quantity, x.Expected, x.Mean, x.HalfWidth, x.Z, note)
}

func tellOracles(out io.Writer, r *oracle.Result) {
	if len(r.Tables) > 0 {
		fmt.Fprintf(out, "\n%d seeds × %d arrivals: %d quantities judged, largest |z| %.2f (%s), %d beyond %.1f\n",
			r.Seeds, r.Arrivals, r.Judged, r.WorstZ, r.WorstAt, r.Beyond, r.Bound)
		if r.Repeated > 0 {
			fmt.Fprintf(out, "%d were beyond it in the first play, and were played again with other seeds and four times the arrivals:\n", r.Repeated)
			for _, t := range r.Tables {
				for _, x := range t.Rows {
					if x.AgainZ != nil {
						fmt.Fprintf(out, "  %s %s: z %.2f, again %.2f\n", x.Label, x.Quantity, x.Z, *x.AgainZ)
					}
				}
			}
		}
		fmt.Fprintf(out, "widest interval ± %.1f %% (%s)\n", 100*r.WorstHalf, r.WorstHAt)
		fmt.Fprintf(out, "Little's law: %d runs, largest difference %.1e (%s), %d beyond %.3f\n", r.Little.Runs, r.Little.Worst, r.Little.At, r.Little.Failed, r.Little.Bound)
		c := r.Conservation
		fmt.Fprintf(out, "conservation: %d runs, created %d = waiting %d + open %d + closed %d + left %d, %d failed%s\n",
			c.Runs, c.Created, c.Waiting, c.Open, c.Closed, c.Left, c.Failed, c.At)
		fmt.Fprintf(out, "%.0f s, %.0f s of processors\n", r.Seconds, r.CPU)
	}
	if p := r.Perf7; p != nil {
		fmt.Fprintf(out, "PERF-7 (%s): %.0f arrivals/s of the queue mind ÷ %.0f of the bare simulator = %.3f (min %.3f, max %.3f, %d pairs; per second of processor time)\n",
			p.Row, p.Arrivals, p.Bare, p.Ratio, p.RatioMin, p.RatioMax, p.Pairs)
	}
}
