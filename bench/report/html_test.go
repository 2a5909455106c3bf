package report

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

func page(t *testing.T, r *Run) (html string, built bool) {
	t.Helper()
	var out strings.Builder
	p := &Page{Run: r}
	err := p.WriteHTML(&out)
	if errors.Is(err, ErrNoPage) { // the sources must do; `make bench` builds the page
		source, err := os.ReadFile("web/page.html")
		if err != nil {
			t.Fatal(err)
		}
		for name, file := range map[string]string{"/*style*/": "web/page.css", "/*program*/": "web/page.js"} {
			part, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source = []byte(strings.Replace(string(source), name, string(part), 1))
		}
		if err := p.write(&out, source); err != nil {
			t.Fatal(err)
		}
		return out.String(), false
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), true
}

// asks are the ways in which a page can ask a network for something.
var asks = regexp.MustCompile(`(?i)(?:\ssrc|\shref|\saction|\sdata|\sposter)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//|@import|<link|<base`)

// The page is one file: nothing in it is loaded from anywhere, and its policy forbids it.
func TestThePageAsksNoNetwork(t *testing.T) {
	html, built := page(t, &Run{Profile: "p"})
	if found := asks.FindString(html); found != "" {
		t.Errorf("the page asks a network: %s", found)
	}
	if !strings.Contains(html, `content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"`) {
		t.Error("the page's policy allows a network")
	}
	for _, call := range []string{"fetch(", "XMLHttpRequest", "WebSocket(", "import("} {
		program, err := os.ReadFile("web/page.js")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(program), call) {
			t.Errorf("the page's program has %q", call)
		}
	}
	if built && len(html) < 500_000 {
		t.Error("the built page has no charts in it")
	}
	if n := strings.Count(html, "</script>"); built && n != 3 {
		t.Errorf("%d scripts end, not 3: something in them ends one early", n)
	}
}

// What a run says cannot end the element it stands in.
func TestThePageSurvivesItsTexts(t *testing.T) {
	evil := `</script><script>alert(1)</script>`
	html, _ := page(t, &Run{Profile: evil, Loads: []Load{{Name: evil, Says: "&<>"}}})
	if strings.Contains(html, "alert(1)</script>") {
		t.Error("a text became a program")
	}
	_, rest, _ := strings.Cut(html, `id="data">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var back Page
	if err := json.Unmarshal([]byte(data), &back); err != nil || back.Run.Profile != evil {
		t.Errorf("the data does not read back: %v", err)
	}
}
