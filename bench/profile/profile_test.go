package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryProfileOfTheBinaryIsGood(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("there is no profile")
	}
	for _, name := range names {
		p, err := Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != name || p.Summary == "" {
			t.Errorf("%s calls itself %q, %q", name, p.Name, p.Summary)
		}
	}
}

func TestAWrongProfileNamesEveryField(t *testing.T) {
	good := `{"name":"x","summary":"","pairs":1,"seconds":1,"warm_seconds":0,"ceilings":{"repetitions":0,"seconds":0},"loads":[`
	for _, c := range []struct {
		profile string
		want    []string
	}{
		{good + `{"name":"a","kind":"echo","connections":1,"window":1,"text_bytes":1}]}`, nil},
		{`{"name":"x"}`, []string{"pairs: must be 1 to 100", "seconds: must be", "loads: there is nothing to do"}},
		{good + `{"name":"a","kind":"chatt"}]}`, []string{`loads[0].kind: "chatt" is none of`}},
		{good + `{"name":"a","kind":"echo","connections":20000,"text_bytes":1,"agents":3}]}`, []string{"loads[0].window: is missing", "loads[0].connections: must be 1 to 19000", "loads[0].agents: a load of kind echo has none"}},
		{good + `{"name":"a","kind":"echo","connections":1,"window":1,"text_bytes":1},{"name":"a","kind":"echo","connections":1,"window":1,"text_bytes":1}]}`, []string{"loads[1].name: is missing or not unique"}},
		{good + `{"name":"a","kind":"latency","connections":9,"agents":1,"text_bytes":1,"shares":[0.5,1.5]}]}`, []string{"loads[0].shares[1]: must be above 0"}},
		{good + `{"name":"a","kind":"chat","connections":10000,"agents":1,"window":1,"text_bytes":1}]}`, []string{"loads[0].agents: are too few"}},
		{`{"name":"x","speed":3}`, []string{`unknown field "speed"`}},
		{good + `]} {}`, []string{"something follows"}},
	} {
		_, err := Read("test", strings.NewReader(c.profile))
		if len(c.want) == 0 {
			if err != nil {
				t.Errorf("%s: %v", c.profile, err)
			}
			continue
		}
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s\n%v\ndoes not say %q", c.profile, err, w)
			}
		}
	}
}

func TestAProfileFromAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(path, []byte(`{"name":"own","summary":"","pairs":1,"seconds":1,"warm_seconds":0,"ceilings":{"repetitions":3,"seconds":1},"loads":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Open(path); err != nil || p.Name != "own" {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := Open("nothing"); err == nil || !strings.Contains(err.Error(), "quick") {
		t.Errorf("%v does not say which there are", err)
	}
}

func TestTextHasItsLength(t *testing.T) {
	for _, n := range []int{1, 100, 8000} {
		if got := len((&Load{TextBytes: n}).Text()); got != n {
			t.Errorf("%d bytes instead of %d", got, n)
		}
	}
}
