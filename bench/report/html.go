package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
)

// all: so that the placeholder is there to embed before there is a build.
//
//go:embed all:web/dist
var dist embed.FS

// ErrNoPage is a binary that was built before its page was.
var ErrNoPage = errors.New("this binary was built without its page: run `make bench-page` (npm ci and npm run build in bench/report/web), then build it again")

// Page is what a page shows: a run, and what other commands wrote beside it. The latter
// are drawn as they are; nil leaves them out.
type Page struct {
	Run    *Run            `json:"run"`
	Oracle json.RawMessage `json:"oracle,omitempty"` // switchyard-bench oracles --json
	Scale  json.RawMessage `json:"scale,omitempty"`  // switchyard-bench scale --json
	Versus json.RawMessage `json:"versus,omitempty"` // switchyard-bench compare-with --json
}

// place is where the data goes in the built page.
const place = "{{data}}"

// WriteHTML writes the page: one file, with its charts' library in it. It asks no network.
func (p *Page) WriteHTML(w io.Writer) error {
	page, err := dist.ReadFile("web/dist/page.html")
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoPage
	}
	if err != nil {
		return err
	}
	return p.write(w, page)
}

// write puts the data into a built page. encoding/json writes < and > of texts as escapes, so
// that nothing in a run can end the element it stands in.
func (p *Page) write(w io.Writer, page []byte) error {
	before, after, ok := bytes.Cut(page, []byte(place))
	if !ok {
		return errors.New("the built page has no place for the data: build it again")
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{before, data, after} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
