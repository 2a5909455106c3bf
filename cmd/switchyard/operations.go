package main

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// operations is the second listener: what an operator and a scraper read. It never carries a
// customer's request.
func (n *node) operations() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", n.metrics.Handler())
	// Alive: the process answers and its heart has beaten lately. Never the disk, never a peer.
	alive := func(w http.ResponseWriter, _ *http.Request) {
		if age := time.Since(time.UnixMilli(n.beat.Load())); age > 10*time.Second {
			http.Error(w, "no heartbeat for "+age.Round(time.Second).String(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if not := n.gate.Ready(); len(not) > 0 {
			http.Error(w, strings.Join(not, "\n"), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /startupz", func(w http.ResponseWriter, _ *http.Request) {
		if !n.started.Load() {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
		if sites := n.engine.Restoring(); sites > 0 { // it serves; no room is given to an agent there yet
			fmt.Fprintf(w, "restoring %d sites\n", sites)
		}
	})
	guarded := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if subtle.ConstantTimeCompare([]byte(token), []byte(n.opsKey)) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "the key is in keys/operations.key, as hexadecimal digits", http.StatusUnauthorized)
				return
			}
			h(w, r)
		}
	}
	mux.HandleFunc("GET /debug/pprof/", guarded(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/cmdline", guarded(pprof.Cmdline))
	mux.HandleFunc("GET /debug/pprof/profile", guarded(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/symbol", guarded(pprof.Symbol))
	mux.HandleFunc("GET /debug/pprof/trace", guarded(pprof.Trace))
	return mux
}
