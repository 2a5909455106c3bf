package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/bench/internal/fakenode"
)

func TestOnlyLoopbackUnlessAllowed(t *testing.T) {
	for _, c := range []struct {
		target string
		remote bool
		want   string // "" = refused
	}{
		{"http://127.0.0.1:8080", false, "http://127.0.0.1:8080"},
		{"http://127.0.0.1:8080/", false, "http://127.0.0.1:8080"},
		{"http://127.1.2.3:1", false, "http://127.1.2.3:1"},
		{"http://[::1]:8080", false, "http://[::1]:8080"},
		{"http://localhost:8080", false, "http://localhost:8080"},
		{"https://localhost:8443", false, "https://localhost:8443"},
		{"http://localhost.example.com:8080", false, ""},
		{"http://10.0.0.1:8080", false, ""},
		{"http://chat.example.com", false, ""},
		{"http://0.0.0.0:8080", false, ""},
		{"http://chat.example.com", true, "http://chat.example.com"},
		{"http://127.0.0.1:8080/v1", false, ""},
		{"http://user:secret@127.0.0.1:8080", false, ""},
		{"127.0.0.1:8080", false, ""},
		{"ftp://127.0.0.1", false, ""},
		{"http://", true, ""},
	} {
		got, err := Base(c.target, c.remote)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.target, got, err, c.want)
		}
	}
	if got := Socket("https://localhost:8443"); got != "wss://localhost:8443/v1/ws" {
		t.Errorf("got %s", got)
	}
}

// bubble gives a fake node in virtual time.
func bubble(t *testing.T, story func(*testing.T, *fakenode.Node, *API)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := fakenode.New(1)
		defer n.Close()
		story(t, n, &API{Base: n.URL, HTTP: n.HTTP})
	})
}

func TestASiteIsSetUpAndPutBack(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node, api *API) {
		before := n.Settings()
		accounts := []Account{{ID: "replay.anat", Name: "ANAT"}, {ID: "replay.eli", Name: "ELI"}}
		s, err := Set(t.Context(), api, "demo", fakenode.Password, accounts)
		if err != nil {
			t.Fatal(err)
		}
		now := n.Settings()
		for name, want := range map[string]string{
			"distribution.scope": `["replay.anat","replay.eli"]`, "distribution.require_presence": "true", "no_agent_policy": `"WAIT"`,
			"autoclose.customer_silence": "null", "profile.enabled": "false", "name": `"demo"`,
		} {
			if now[name] != want {
				t.Errorf("%s is %s, want %s", name, now[name], want)
			}
		}
		first, err := s.AgentToken(t.Context(), "replay.eli", false)
		if err != nil || first == "" {
			t.Fatalf("%q, %v", first, err)
		}
		if same, _ := s.AgentToken(t.Context(), "replay.eli", false); same != first {
			t.Error("a token is asked for twice")
		}
		if other, _ := s.AgentToken(t.Context(), "replay.eli", true); other == first {
			t.Error("a renewed token is the old one")
		}
		n.Revoke() // sessions end; the administrator logs in again
		if err := s.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(n.Settings()) != fmt.Sprint(before) || n.Retired() != 2 {
			t.Errorf("left behind: %v, %d retired", n.Settings(), n.Retired())
		}
		if _, err := Set(t.Context(), api, "demo", fakenode.Password, accounts); err != nil || n.Retired() != 0 {
			t.Errorf("a second run on the same site: %v, %d retired", err, n.Retired())
		}
	})
}

func TestAWrongPasswordIsSaidAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, _ *fakenode.Node, api *API) {
		began := time.Now()
		_, err := Set(t.Context(), api, "demo", "wrong", nil)
		var p *Problem
		if !errors.As(err, &p) || p.Code != "unauthenticated" || time.Since(began) != 0 || !strings.Contains(err.Error(), "/v1/sessions") {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestCallsAreTriedAgainWhileTheNodeIsAway(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node, api *API) {
		n.Kill()
		back := time.AfterFunc(20*time.Second, n.Restart)
		defer back.Stop()
		began := time.Now()
		if _, err := api.Login(t.Context(), "demo", "admin", fakenode.Password); err != nil || time.Since(began) < 20*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		n.Kill()
		began = time.Now()
		if _, err := api.Login(t.Context(), "demo", "admin", fakenode.Password); err == nil || time.Since(began) > tryMax {
			t.Errorf("%v after %v; it gives up after %v", err, time.Since(began), tryMax)
		}
	})
}

// The filling stays below the pace of the node: nobody is refused, nobody waits.
func TestTokensAreThereBeforeTheyAreNeeded(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node, api *API) {
		n.PaceTokens(20 * time.Millisecond) // 50 a second
		tokens := NewTokens(api, "demo")
		var schedule []Due
		for i := range 500 {
			schedule = append(schedule, Due{UID: fmt.Sprint(i), At: time.Duration(i) * 10 * time.Millisecond})
		}
		filled := make(chan error, 1)
		go func() { filled <- tokens.Fill(t.Context(), schedule) }()
		began := time.Now()
		if err := tokens.HeadStart(t.Context(), schedule); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 9*time.Second || took > 12*time.Second { // 500 · 30 ms - 5 s
			t.Errorf("a head start of %v", took)
		}
		began = time.Now()
		for _, d := range schedule {
			pause(t.Context(), time.Until(began.Add(d.At)))
			if _, err := tokens.Get(t.Context(), d.UID, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-filled; err != nil || tokens.Late() != 0 || n.Refused != 0 {
			t.Errorf("%v, %d late, %d refused", err, tokens.Late(), n.Refused)
		}
	})
}

func TestA429IsObeyed(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node, api *API) {
		n.PaceTokens(300 * time.Millisecond) // far slower than the filling's pace
		tokens := NewTokens(api, "demo")
		began := time.Now()
		if err := tokens.Fill(t.Context(), []Due{{UID: "a"}, {UID: "b"}, {UID: "c"}}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 600*time.Millisecond || took > time.Second || n.Refused != 2 {
			t.Errorf("took %v with %d refusals", took, n.Refused)
		}
	})
}

func TestALateTokenIsWaitedForAndCounted(t *testing.T) {
	bubble(t, func(t *testing.T, _ *fakenode.Node, api *API) {
		tokens := NewTokens(api, "demo")
		tokens.Lead = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		filled := make(chan error, 1)
		go func() {
			filled <- tokens.Fill(ctx, []Due{{UID: "soon"}, {UID: "later", At: time.Hour}, {UID: "never", At: 48 * time.Hour}})
		}()
		began := time.Now()
		if _, err := tokens.Get(t.Context(), "later", false); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 59*time.Minute || tokens.Late() != 1 {
			t.Errorf("waited %v, %d late; tokens are fetched a minute ahead", took, tokens.Late())
		}
		if renewed, err := tokens.Get(t.Context(), "never", true); err != nil || renewed == "" {
			t.Errorf("a renewed token does not wait for the filling: %v", err)
		}
		cancel()
		if err := <-filled; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := tokens.Get(ctx, "never", false); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatMayBeTriedAgain(t *testing.T) {
	for status, want := range map[int]bool{
		http.StatusTooManyRequests: true, http.StatusServiceUnavailable: true,
		http.StatusConflict: false, http.StatusUnprocessableEntity: false, http.StatusInternalServerError: false,
	} {
		if _, got := patience(&Problem{Status: status}); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
	if wait, _ := patience(&Problem{Status: 429, RetryMS: 700}); wait != 700*time.Millisecond {
		t.Errorf("waits %v instead of what the node asks for", wait)
	}
}
