package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(h http.Handler, method, address string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func built() http.Handler {
	return handler(fstest.MapFS{
		"index.html":            {Data: []byte("start")},
		"index.html.gz":         {Data: []byte("packed start")},
		"chat/index.html":       {Data: []byte("chat")},
		"assets/chat-a1b2.js":   {Data: []byte("code")},
		"assets/chat-a1b2.css":  {Data: []byte("style")},
		"w/v1.js":               {Data: []byte("loader")},
		"favicon.svg":           {Data: []byte("<svg/>")},
		"assets/chat-a1b2.map":  {Data: []byte("{}")},
		".gitkeep":              {},
		"assets/chat-a1b2.wasm": {Data: []byte("x")},
	})
}

func TestPages(t *testing.T) {
	h := built()
	for _, c := range []struct {
		address, kind, keep, body string
		status                    int
	}{
		{"/", "text/html; charset=utf-8", "no-store", "start", 200},
		{"/chat/", "text/html; charset=utf-8", "no-store", "chat", 200},
		{"/chat/?site=demo", "text/html; charset=utf-8", "no-store", "chat", 200},
		{"/widget/?site=demo", "text/html; charset=utf-8", "no-store", "chat", 200},
		{"/w/v1.js", "text/javascript; charset=utf-8", "public, max-age=3600", "loader", 200}, // its name never changes
		{"/assets/chat-a1b2.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "code", 200},
		{"/assets/chat-a1b2.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable", "style", 200},
		{"/favicon.svg", "image/svg+xml", "public, max-age=3600", "<svg/>", 200},
		{"/index.html", "text/plain; charset=utf-8", "", "not found\n", 404}, // one address per page
		{"/assets/", "text/plain; charset=utf-8", "", "not found\n", 404},
		{"/assets/chat-a1b2.map", "text/plain; charset=utf-8", "", "not found\n", 404},
		{"/.gitkeep", "text/plain; charset=utf-8", "", "not found\n", 404},
		{"/index.html.gz", "text/plain; charset=utf-8", "", "not found\n", 404},
		{"/nothing", "text/plain; charset=utf-8", "", "not found\n", 404},
		{"/../web.go", "text/plain; charset=utf-8", "", "not found\n", 404},
	} {
		w := get(h, "GET", c.address)
		if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || w.Header().Get("Cache-Control") != c.keep || w.Body.String() != c.body {
			t.Errorf("%s: %d %q %q %q", c.address, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"), w.Body)
		}
	}
}

func TestPackedOnlyForThoseWhoTakeIt(t *testing.T) {
	h := built()
	for accept, packed := range map[string]bool{"": false, "gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "br": false} {
		w := get(h, "GET", "/", "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed || packed != (w.Body.String() == "packed start") {
			t.Errorf("%q: packed %v, body %q", accept, got, w.Body)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: no Vary", accept)
		}
	}
	if w := get(h, "GET", "/chat/", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" || w.Body.String() != "chat" {
		t.Error("a file without a packed one is plain")
	}
}

func TestFolderWithoutItsSlash(t *testing.T) {
	w := get(built(), "GET", "/chat?site=demo")
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "/chat/?site=demo" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := get(built(), "HEAD", "/chat/")
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "4" {
		t.Errorf("%d %q %q", w.Code, w.Body, w.Header().Get("Content-Length"))
	}
}

func TestWithoutABuildItSaysHow(t *testing.T) {
	h := handler(fstest.MapFS{".gitkeep": {}})
	for _, address := range []string{"/", "/chat/", "/widget/", "/shop/", "/agent/", "/manager/", "/settings/", "/setup/"} {
		if w := get(h, "GET", address); w.Code != 200 || !strings.Contains(w.Body.String(), "make web") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", address, w.Code, w.Body)
		}
	}
}

var (
	inline  = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:[^>]*)>[^<]|javascript:`)
	foreign = regexp.MustCompile(`(?:src|href)="(?:https?:)?//`)
)

// The pages that are in this binary keep to the policy they are served under. Without a build there is the
// one page that says so.
func TestEmbeddedPagesKeepThePolicy(t *testing.T) {
	h := Handler()
	for _, address := range []string{"/", "/chat/", "/widget/", "/shop/", "/agent/", "/manager/", "/settings/", "/setup/"} {
		w := get(h, "GET", address)
		body := w.Body.String()
		if w.Code != 200 || !strings.Contains(body, "<title>") {
			t.Fatalf("%s: %d", address, w.Code)
		}
		if bad := inline.FindString(body); bad != "" {
			t.Errorf("%s: inline code or style: %q", address, bad)
		}
		if bad := foreign.FindString(body); bad != "" {
			t.Errorf("%s: another host: %q", address, bad)
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			if w := get(h, "GET", m[1]); w.Code != 200 {
				t.Errorf("%s names %s: %d", address, m[1], w.Code)
			}
		}
	}
}
