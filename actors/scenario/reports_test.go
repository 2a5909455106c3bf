package scenario

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/protocol"
)

// desk is a whole engine with a gateway before it, for an administrator who reads reports.
type desk struct {
	*full
	t    *testing.T
	told func(*desk) // when the story is over
}

func (d *desk) close() {
	d.told(d)
	d.full.close()
}

// get asks the gateway as the administrator does.
func (d *desk) get(path string) (int, map[string]any) {
	cfg := gateway.DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	shard := protocol.Shard(site, d.store.Shards())
	g := gateway.New(cfg, gateway.Engine{
		Facts: d.engine.Facts,
		Session: func([32]byte) (gateway.Session, bool) {
			return gateway.Session{Site: site, Account: "boss", Expires: protocol.At(d.now().Add(time.Hour))}, true
		},
		Figures: func(_ protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, *protocol.Figures) error) error {
			if len(after) == 0 {
				after = binary.BigEndian.AppendUint64(protocol.RowKey(site), uint64(from))
			}
			return d.store.Rows(shard, protocol.RowFigures, protocol.RowKey(site), after, limit, func(k, v []byte) error {
				f, err := protocol.DecodeFigures(v)
				if err != nil || f.ClosedAt >= until {
					return err
				}
				return each(k, &f)
			})
		},
		Now: d.now,
	})
	r := httptest.NewRequest(http.MethodGet, "/v1/sites/"+string(site)+path, nil)
	r.Header.Set("Authorization", "Bearer v1.account.administrator")
	w := httptest.NewRecorder()
	g.Handler().ServeHTTP(w, r)
	var m map[string]any
	if w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		require.NoError(d.t, json.Unmarshal(w.Body.Bytes(), &m), w.Body.String())
	}
	require.NoError(d.t, g.Shutdown(d.t.Context()))
	return w.Code, m
}

// reportsOf plays a story on the whole engine, then reads its reports.
func reportsOf(t *testing.T, name string, read func(*desk)) {
	story, err := os.ReadFile("testdata/" + name + ".txt")
	require.NoError(t, err)
	_, err = play(string(story), func(at time.Time) rig {
		return &desk{full: newFull(at).(*full), t: t, told: read}
	})
	require.NoError(t, err)
}

// TestTheEngineReportsTheWorkedExamples: E1 … E12 as A-17 plays them with commands, read over HTTP.
func TestTheEngineReportsTheWorkedExamples(t *testing.T) {
	reportsOf(t, "A-17", func(d *desk) {
		code, m := d.get("/reports/sqi?from=2021-06-09&to=2021-06-09&group=agent")
		require.Equal(t, 200, code, m)
		total := m["total"].(map[string]any)
		require.EqualValues(t, 12, total["requested"])
		require.EqualValues(t, 1, total["abandoned"])
		require.EqualValues(t, 8.3, total["abd"])
		require.EqualValues(t, 15, total["frt_samples"])
	})
	reportsOf(t, "sqi-averages", func(d *desk) {
		_, m := d.get("/reports/sqi?from=2021-06-09&to=2021-06-09&group=agent")
		want := map[string][]float64{"a": {60, 2, 240, 3, 280, 3}, "b": {60, 1, 210, 3, 230, 3}, "c": {40, 1, 20, 1, 50, 1}}
		for _, r := range m["rows"].([]any) {
			x := r.(map[string]any)
			var got []float64
			for _, k := range []string{"frt", "frt_samples", "hold", "hold_samples", "handle", "handle_samples"} {
				got = append(got, x[k].(float64))
			}
			require.Equal(t, want[x["agent"].(string)], got, x["agent"])
		}
		require.Len(t, m["rows"], 3)
	})
}

// TestADayIsTheDayOfTheClose (A-21's rooms): one that began in May and closed in June counts in June, by the site's midnight.
func TestADayIsTheDayOfTheClose(t *testing.T) {
	reportsOf(t, "A-21", func(d *desk) {
		for day, want := range map[string]float64{"2021-05-31": 0, "2021-06-01": 1, "2021-06-10": 1} {
			_, m := d.get("/reports/sqi?from=" + day + "&to=" + day)
			require.Equal(t, want, m["total"].(map[string]any)["requested"], day)
		}
	})
}
