package gateway

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const actsFile = "testdata/acts.txt"

// TestEveryActCanBePlayed: testdata/acts.txt has a row for each of the table's, with the same reach, and no other. It is what
// the matrix on a real node (cmd/switchyard) is generated from, so a row that is missing here would be an untested one (SEC-1).
func TestEveryActCanBePlayed(t *testing.T) {
	b, err := os.ReadFile(actsFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if act, rest, ok := strings.Cut(strings.TrimSpace(line), " | "); ok && !strings.HasPrefix(line, "#") {
			lines[act] = rest
		}
	}
	names := map[reach]string{never: "never", own: "own", scope: "scope", site: "site"}
	for _, p := range permits {
		want := strings.Join([]string{names[p.visitor], names[p.agent], names[p.manager], names[p.admin]}, " | ") + " | "
		if rest, ok := lines[p.act]; !ok || !strings.HasPrefix(rest, want) || len(rest) == len(want) {
			t.Errorf("%s needs the row\n%s | %sa frame, or METHOD PATH BODY, that plays it\nit has %q", actsFile, p.act, want, rest)
		}
		delete(lines, p.act)
	}
	for act := range lines {
		t.Errorf("%s has %s, which the table of permit.go has not", actsFile, act)
	}
}

// TestEveryDoorHasARow: each route names an act of the table, and each frame that a client may send is one, or follows a
// stream, or belongs to the connection itself.
func TestEveryDoorHasARow(t *testing.T) {
	acts := func(name string) bool { return permitOf[name] != nil }
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	routes, open := 0, 0
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range regexp.MustCompile(`"(?:GET|POST|PATCH|PUT|DELETE)": \{([^}]*)\}`).FindAllStringSubmatch(string(text), -1) {
			act := regexp.MustCompile(`act: "([^"]+)"`).FindStringSubmatch(row[1])
			switch {
			case act == nil:
				open++
			case act[1] != "session" && !acts(act[1]):
				t.Errorf("%s: a route asks for %q, which is no row of permit.go: nobody may use it", name, act[1])
			default:
				routes++
			}
		}
	}
	if open != 4 || routes < 20 {
		t.Errorf("%d routes are open to strangers, want 4 (visitor-tokens, sessions, setup and its check); %d are not", open, routes)
	}
	ofTheConnection := []string{"hello", "auth.refresh", "ack", "pong"}
	ofStreams := []string{"subscribe", "unsubscribe", "sync", "history"}
	frames, err := filepath.Glob("../../protocol/schema/client.*.json")
	if err != nil || len(frames) < 10 {
		t.Fatal("no schemas", err)
	}
	for _, path := range frames {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "client."), ".json")
		if !acts(name) && !slices.Contains(ofTheConnection, name) && !slices.Contains(ofStreams, name) {
			t.Errorf("the frame %s is no row of permit.go", name)
		}
	}
}
