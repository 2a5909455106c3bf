package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestFirstRunOnANode: a node without a site prints a link, and what the link makes is a whole site: an administrator who can
// log in, present agents only, the language's templates and a bot that the check has nothing against; the node prints none any
// more, whether it goes on or starts again.
func TestFirstRunOnANode(t *testing.T) {
	for language, want := range demoData {
		t.Run(language, func(t *testing.T) {
			cfg, _, err := loadConfig("serve", []string{"-data", t.TempDir(), "-shards", "4"}, nil, io.Discard)
			require.NoError(t, err)
			cfg.DrainSec = 0
			n, err := assemble(cfg, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			stop := func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				require.NoError(t, n.stop(ctx))
			}
			defer func() { stop() }()
			post := func(path, body string) (int, string) {
				r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				n.gate.Handler().ServeHTTP(w, r)
				return w.Code, w.Body.String()
			}
			var out bytes.Buffer
			n.firstRun("http://127.0.0.1:8080", &out)
			link := regexp.MustCompile(`http://127\.0\.0\.1:8080/setup/#(v1\.setup\.[\w-]{43})`).FindStringSubmatch(out.String())
			require.NotNil(t, link, out.String())
			body := fmt.Sprintf(`{"token":%q,"site":"shop","name":"가게","account":"root","person":"김관리","password":"long enough","language":%q,"time_zone":"Asia/Tokyo","demo":true}`, link[1], language)
			status, answer := post("/v1/setup", strings.Replace(body, "Asia/Tokyo", "Mars/Olympus", 1))
			require.Equal(t, 422, status, answer)
			require.Empty(t, n.engine.Sites(), "nothing was made")
			status, answer = post("/v1/setup", body)
			require.Equal(t, 201, status, answer)
			status, _ = post("/v1/setup", body)
			require.Equal(t, 404, status, "the link is dead")

			f := n.engine.Facts("shop")
			require.Equal(t, []any{"가게", language, "Asia/Tokyo", true, protocol.PolicyWait},
				[]any{f.Settings.Name, f.Settings.Language, f.Settings.TimeZone, f.Settings.RequirePresence, f.Settings.NoAgentPolicy})
			require.Equal(t, protocol.Admin, f.Accounts["root"].Role)
			require.Equal(t, want.agents[0], f.Accounts["agent1"].Name)
			require.Len(t, f.Templates, len(want.templates))
			bot := f.Bots["main"]
			require.NotNil(t, bot)
			require.True(t, bot.Enabled && bot.Default)
			status, answer = post("/v1/sessions", `{"site":"shop","account":"root","password":"long enough"}`)
			require.Equal(t, 201, status, answer)

			out.Reset()
			n.firstRun("http://127.0.0.1:8080", &out)
			require.Empty(t, out.String())
			stop()
			n, err = assemble(cfg, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			n.firstRun("http://127.0.0.1:8080", &out)
			require.Empty(t, out.String(), "a node with a site has no first run")
		})
	}
}
