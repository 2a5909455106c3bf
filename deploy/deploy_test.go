// Package deploy holds what an operator takes along with the binary: the alert rules, and their tests. There is no code in it but this.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type rule struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(b, into), path)
}

var metric = regexp.MustCompile(`\bswitchyard_[a-z0-9_]+`)

// An alert on a metric that nobody exports never fires, and one without a runbook wakes somebody who does not know why: each names metrics of
// the catalog, its severity and a runbook that speaks of it, and is tested both ways (what promtool does with that is `make alerts`).
func TestAlerts(t *testing.T) {
	exported, err := os.ReadFile("../actors/metrics/testdata/metrics.txt")
	require.NoError(t, err)
	known := map[string]bool{}
	for line := range strings.Lines(string(exported)) {
		name, rest, _ := strings.Cut(line, " ")
		known[name] = true
		if strings.HasPrefix(rest, "histogram") {
			known[name+"_bucket"], known[name+"_count"], known[name+"_sum"] = true, true, true
		}
	}
	require.Greater(t, len(known), 50)

	var rules struct{ Groups []struct{ Rules []rule } }
	read(t, "alerts.yml", &rules)
	var tests struct {
		Tests []struct {
			Cases []struct {
				Alert    string `yaml:"alertname"`
				Expected []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	read(t, "alerts_test.yml", &tests)
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, x := range tests.Tests {
		for _, c := range x.Cases {
			fires[c.Alert] = fires[c.Alert] || len(c.Expected) > 0
			quiet[c.Alert] = quiet[c.Alert] || len(c.Expected) == 0
		}
	}

	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			n++
			used := metric.FindAllString(r.Expr, -1)
			require.NotEmpty(t, used, "%s: %s", r.Alert, r.Expr)
			for _, name := range used {
				require.True(t, known[name], "%s asks for %s, which no node exports", r.Alert, name)
			}
			require.Contains(t, []string{"warning", "critical"}, r.Labels["severity"], r.Alert)
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			book, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(r.Annotations["runbook_url"])))
			require.NoError(t, err, r.Alert)
			require.Contains(t, string(book), "`"+r.Alert+"`", "its runbook does not know %s", r.Alert)
			for _, part := range []string{"## What it means", "## First look", "## What is safe to do", "## How to see that it is over"} {
				require.Contains(t, string(book), part, r.Alert)
			}
			require.True(t, fires[r.Alert], "%s is not tested to fire", r.Alert)
			require.True(t, quiet[r.Alert], "%s is not tested to stay quiet", r.Alert)
		}
	}
	require.Positive(t, n)
}
