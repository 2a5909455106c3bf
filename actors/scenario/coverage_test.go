package scenario

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scope is which of the domain's requirement numbers this release must prove.
var scope = []struct {
	from, to int
	about    string
}{
	{1, 17, "channels and arrival"},
	{18, 34, "a room's states and lists"},
	{35, 44, "business hours"},
	{45, 55, "setting up the profile bot"},
	{56, 83, "the gate"},
	{84, 93, "the form"},
	{94, 114, "distribution"},
	{115, 120, "the backlog"},
	{121, 135, "timers"},
	{136, 147, "acts on a room"},
	{148, 164, "the SQI"},
	{165, 175, "the scenario bot"},
	{176, 189, "the journey"},
	{190, 197, "the dashboard, the live view and the lists"},
	{198, 210, "who a customer is"},
	{211, 224, "customer information and history"},
	{225, 239, "the ledger"},
	{240, 253, "templates, roles, what always holds"},
}

// last is the highest number that the domain gives.
const last = 253

// pending is what is known to be unproven. It only shrinks.
var pending = []int{}

// TestEveryRequirementIsNamed: each number of the scope stands in a test or a story. A number
// that nobody named may be kept by accident, and nobody would notice when it is not any more.
func TestEveryRequirementIsNamed(t *testing.T) {
	named := namedBy(t, "../..")
	var missing, done []string
	for _, part := range scope {
		for n := part.from; n <= part.to; n++ {
			switch waits := slices.Contains(pending, n); {
			case named[n] == "" && !waits:
				missing = append(missing, fmt.Sprintf("R-%03d (%s)", n, part.about))
			case named[n] != "" && waits:
				done = append(done, fmt.Sprintf("R-%03d (%s)", n, named[n]))
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("no test and no story names %d of them:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	if len(done) > 0 {
		t.Errorf("named by now, so they must leave the pending list:\n%s", strings.Join(done, "\n"))
	}
	for n, file := range named {
		if n < 1 || n > last {
			t.Errorf("%s names R-%03d, which does not exist", file, n)
		}
	}
}

// A test of the engine, a story, or a test of the pages.
var proof = regexp.MustCompile(`_test\.go$|\.test\.[a-z]+$|/e2e/.*\.[a-z]+$|/scenario/testdata/.*\.txt$`)

// R-011, also as a range: R-011 … R-013.
var citation = regexp.MustCompile(`R-(\d{3})\b(?:\s*(?:…|\.\.\.|-)\s*R-(\d{3}))?`)

// namedBy gives, for each number, a file that names it. This file's own examples do not count.
func namedBy(t *testing.T, root string) map[int]string {
	t.Helper()
	named := map[int]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !proof.MatchString(filepath.ToSlash(path)) || name == "coverage_test.go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range citation.FindAllStringSubmatch(string(text), -1) {
			from, _ := strconv.Atoi(m[1])
			to, err := strconv.Atoi(m[2])
			if err != nil {
				to = from
			}
			for n := from; n <= to; n++ {
				named[n] = strings.TrimPrefix(filepath.ToSlash(path), "../../")
			}
		}
		return nil
	}))
	return named
}

// TestCitation: a number is found however a sentence carries it.
func TestCitation(t *testing.T) {
	for text, want := range map[string]string{
		"(R-011)": "011-", "R-011 … R-013": "011-013", "R-011…R-013": "011-013", "R-011-R-013": "011-013", "TestR249": "", "R-11": "", "R-1111": "",
	} {
		got := ""
		for _, m := range citation.FindAllStringSubmatch(text, -1) {
			got += m[1] + "-" + m[2]
		}
		require.Equal(t, want, got, text)
	}
}

// told is how many stories the domain tells in each of its series.
var told = []struct {
	series string
	format string
	last   int
}{
	{"acceptance scenarios", "A-%02d", 40},
	{"distribution examples", "D-%d", 6},
	{"walk-throughs of the gate", "W-%d", 9},
}

// TestEveryStoryIsTold: each of them has its file.
func TestEveryStoryIsTold(t *testing.T) {
	for _, s := range told {
		for n := 1; n <= s.last; n++ {
			name := fmt.Sprintf(s.format, n)
			files, err := filepath.Glob("testdata/" + name + "*.txt")
			require.NoError(t, err)
			files = slices.DeleteFunc(files, func(f string) bool { // D-1 is not D-10
				rest := strings.TrimPrefix(filepath.Base(f), name)
				return rest[0] != '.' && rest[0] != '-'
			})
			if len(files) == 0 {
				t.Errorf("%s of the %s has no story", name, s.series)
			}
		}
	}
}
