package target

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Metrics are a node's metrics at a moment: by name, summed over labels. A histogram
// gives its _count and _sum.
type Metrics map[string]float64

// Scrape reads the metrics of an operations listener.
func Scrape(ctx context.Context, ops string) (Metrics, error) {
	body, err := get(ctx, ops+"/metrics", "")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(body)
	if err != nil {
		return nil, fmt.Errorf("%s/metrics: %w", ops, err)
	}
	all := Metrics{}
	for name, f := range families {
		for _, m := range f.Metric {
			all[name] += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
			if h := m.GetHistogram(); h != nil {
				all[name+"_count"] += float64(h.GetSampleCount())
				all[name+"_sum"] += h.GetSampleSum()
			}
		}
	}
	return all, nil
}

// Since is what was added since an earlier moment.
func (m Metrics) Since(before Metrics) Metrics {
	all := Metrics{}
	for name, v := range m {
		all[name] = v - before[name]
	}
	return all
}

// Collect makes the node collect its garbage, so that what it holds can be read.
func (n *Node) Collect(ctx context.Context) error {
	key, err := n.Key()
	if err != nil {
		return err
	}
	body, err := get(ctx, n.Ops()+"/debug/pprof/heap?gc=1", key)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	_ = body.Close() // it was read
	return err
}

// Profile reads a profile: "profile?seconds=10", "heap".
func (n *Node) Profile(ctx context.Context, what string) (io.ReadCloser, error) {
	key, err := n.Key()
	if err != nil {
		return nil, err
	}
	return get(ctx, n.Ops()+"/debug/pprof/"+what, key)
}

func get(ctx context.Context, url, key string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // its content is not asked for
		return nil, fmt.Errorf("%s: HTTP %d", url, resp.StatusCode)
	}
	return resp.Body, nil
}
