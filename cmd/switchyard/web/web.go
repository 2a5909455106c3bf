// Package web carries the pages of a node: the start page, the customer chat (as a page and as the widget's frame), the
// widget's loader with a demo shop around it, the agent console, the manager's pages, the settings, and the first run.
// They are built by `make web` into dist and live in the binary; start reading at Handler.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// all: so that the placeholder is there to embed before there is a build.
//
//go:embed all:dist
var dist embed.FS

// Handler serves the pages. Whoever mounts it sets the security headers; it needs nothing but
// its own files: no inline script, no inline style, no other host.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is in the binary
	}
	return handler(files)
}

// types are the kinds of file that a build may contain. What is not here is not served:
// the pages say nosniff, so a file without a type would be of no use.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".json": "application/json",
	".txt":  "text/plain; charset=utf-8",
}

// How long an answer may be kept. Only the names in assets/ change with their content.
const (
	keepForever = "public, max-age=31536000, immutable"
	keepAnHour  = "public, max-age=3600"
	keepNever   = "no-store"
)

type file struct {
	kind   string
	keep   string
	plain  []byte
	packed []byte // gzip; nil where it would not be smaller
}

// pages are the files of one build by their address.
type pages map[string]file

func handler(files fs.FS) http.Handler {
	p := make(pages)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		kind, known := types[path.Ext(name)]
		if err != nil || d.IsDir() || !known {
			return err
		}
		f := file{kind: kind, keep: keepAnHour}
		if f.plain, err = fs.ReadFile(files, name); err != nil {
			return err
		}
		if packed, err := fs.ReadFile(files, name+".gz"); err == nil {
			f.packed = packed
		}
		address := "/" + name
		switch {
		case path.Base(name) == "index.html":
			f.keep, address = keepNever, strings.TrimSuffix(address, "index.html")
		case strings.HasPrefix(name, "assets/"):
			f.keep = keepForever
		}
		p[address] = f
		return nil
	})
	if err != nil {
		panic(err) // what is embedded can be read
	}
	// The widget's frame is the chat under an address that sites may frame.
	if chat, ok := p["/chat/"]; ok {
		p["/widget/"] = chat
	}
	if _, built := p["/"]; !built {
		for _, address := range []string{"/", "/chat/", "/widget/", "/shop/", "/agent/", "/manager/", "/settings/", "/setup/"} {
			p[address] = file{kind: types[".html"], keep: keepNever, plain: []byte(notBuilt)}
		}
	}
	return p
}

// notBuilt is served by a binary that was built without its pages.
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchyard</title>
<h1>Switchyard</h1>
<p>This binary was built without its pages. The node itself works.</p>
<p lang="ko">화면 없이 빌드된 실행 파일입니다. 노드 자체는 동작합니다.</p>
<pre>make web</pre>
</html>
`

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := p[r.URL.Path]
	if !ok {
		if _, folder := p[r.URL.Path+"/"]; folder {
			to := r.URL.Path + "/"
			if r.URL.RawQuery != "" {
				to += "?" + r.URL.RawQuery
			}
			http.Redirect(w, r, to, http.StatusPermanentRedirect)
			return
		}
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.keep)
	body := f.plain
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = f.packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// takesGzip reads Accept-Encoding: gzip is named, and not with a weight of zero.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, weighed := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		v, err := strconv.ParseFloat(q, 64)
		return !weighed || err == nil && v > 0
	}
	return false
}
