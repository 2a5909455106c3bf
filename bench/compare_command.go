package bench

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"switchyard/bench/report"
)

// compareCommand compares two runs.
func compareCommand(_ context.Context, w World, args []string) error {
	s := flag.NewFlagSet("compare", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprint(w.Err, "Usage: switchyard-bench compare [flags] A.json B.json\n\nSays what changed from A to B beyond noise (Mann-Whitney, p < 0.05). Only ratios can be regressions:\nthey were measured in turns with their ceiling.\n\n")
		s.PrintDefaults()
	}
	check := s.Bool("check", false, "exit with 1 when a ratio became worse or is gone")
	changed := s.Bool("changed", false, "show only what changed")
	if err := s.Parse(args); err != nil {
		return usageError(err)
	}
	if s.NArg() != 2 {
		fmt.Fprint(w.Err, "switchyard-bench: compare takes two files\n\n")
		s.Usage()
		return errUsage
	}
	a, err := report.Read(s.Arg(0))
	if err != nil {
		return err
	}
	b, err := report.Read(s.Arg(1))
	if err != nil {
		return err
	}
	all := report.Compare(a, b)
	if err := report.WriteChanges(w.Out, a, b, all, *changed); err != nil {
		return err
	}
	if worse := report.Regressions(all); *check && len(worse) > 0 {
		return fmt.Errorf("%d of the ratios became worse or are gone", len(worse))
	}
	return nil
}

// pageFlags are the files beside a run that its page shows too.
type pageFlags struct{ html, oracle, scale, versus string }

func (p *pageFlags) define(s *flag.FlagSet) {
	s.StringVar(&p.html, "html", "", "write the page of the run to this `file`")
	s.StringVar(&p.oracle, "oracles", "", "show the `file` of switchyard-bench oracles --json on the page")
	s.StringVar(&p.scale, "scale", "", "show the `file` of switchyard-bench scale --json on the page")
	s.StringVar(&p.versus, "versus", "", "show the `file` of switchyard-bench compare-with --json on the page")
}

// write writes the page of a run.
func (p *pageFlags) write(r *report.Run) error {
	page := report.Page{Run: r}
	for _, part := range []struct {
		path string
		into *json.RawMessage
	}{{p.oracle, &page.Oracle}, {p.scale, &page.Scale}, {p.versus, &page.Versus}} {
		if part.path == "" {
			continue
		}
		b, err := os.ReadFile(part.path)
		if err != nil {
			return err
		}
		if !json.Valid(b) {
			return fmt.Errorf("%s is not JSON", part.path)
		}
		*part.into = b
	}
	return writeFile(p.html, page.WriteHTML)
}

// pageCommand makes the page of a run that was written before.
func pageCommand(_ context.Context, w World, args []string) error {
	s := flag.NewFlagSet("page", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprint(w.Err, "Usage: switchyard-bench page --html FILE [flags] RUN.json\n\nMakes the page of a run: one HTML file with its charts, which needs no network.\n\n")
		s.PrintDefaults()
	}
	p := &pageFlags{}
	p.define(s)
	if err := s.Parse(args); err != nil {
		return usageError(err)
	}
	if s.NArg() != 1 || p.html == "" {
		fmt.Fprint(w.Err, "switchyard-bench: page takes --html and the JSON file of a run\n\n")
		s.Usage()
		return errUsage
	}
	r, err := report.Read(s.Arg(0))
	if err != nil {
		return err
	}
	if err := p.write(r); err != nil {
		return err
	}
	fmt.Fprintln(w.Out, "page:", p.html)
	return nil
}
