package gateway

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// drawn makes an image of noise or of one colour.
func drawn(w, h int, noise bool) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewSource(1))
	for i := range m.Pix {
		if m.Pix[i] = 200; noise {
			m.Pix[i] = byte(r.Intn(256))
		}
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func asPNG(m image.Image) []byte { var b bytes.Buffer; png.Encode(&b, m); return b.Bytes() }
func asJPEG(m image.Image) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// chunk is a PNG chunk.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// bomb is a small PNG that says it is large.
func bomb(w, h int) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	var z bytes.Buffer
	c := zlib.NewWriter(&z)
	c.Write(make([]byte, 50<<10))
	c.Close()
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0))...)
	return append(append(b, chunk("IDAT", z.Bytes())...), chunk("IEND", nil)...)
}

// after puts bytes behind the first n of b.
func after(b []byte, n int, insert ...byte) []byte {
	return append(append(append([]byte(nil), b[:n]...), insert...), b[n:]...)
}

// segment is a JPEG segment.
func segment(marker byte, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data...)
}

func exif(turn byte) []byte {
	tiff := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	return segment(0xe1, append(tiff, turn, 0, 0, 0, 0, 0, 0, 0))
}

// what is taken, by content, and what of it is kept.
func TestX21X22OnlyImagesAreTaken(t *testing.T) {
	small := drawn(40, 30, false)
	p, j := asPNG(small), asJPEG(small)
	padded := func(n int) []byte { // a whole PNG of n bytes
		text := make([]byte, n-len(p)-12)
		return after(p, len(p)-12, chunk("teXt", text)...)
	}
	scans := func(n int) []byte { // a JPEG that draws all of its pixels n times
		at := bytes.Index(j, []byte{0xff, 0xda})
		return append(append(append([]byte(nil), j[:at]...), bytes.Repeat(j[at:len(j)-2], n)...), 0xff, 0xd9)
	}
	var g bytes.Buffer
	gif.Encode(&g, small, nil)
	for _, r := range []struct {
		name    string
		content []byte
		code    protocol.RejectCode // 0 = taken
		kind    string
	}{
		{"a PNG", p, 0, "image/png"},
		{"a JPEG", j, 0, "image/jpeg"},
		{"2 MB exactly", padded(2 << 20), 0, "image/png"},
		{"2 MB and a byte", padded(2<<20 + 1), protocol.TooLarge, ""},
		{"a GIF", g.Bytes(), protocol.UnsupportedType, ""},
		{"an SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), protocol.UnsupportedType, ""},
		{"a WebP", []byte("RIFF\x24\x00\x00\x00WEBPVP8 "), protocol.UnsupportedType, ""},
		{"a HEIC", []byte("\x00\x00\x00\x18ftypheic"), protocol.UnsupportedType, ""},
		{"nothing", nil, protocol.UnsupportedType, ""},
		{"no magic", []byte("hello, world"), protocol.UnsupportedType, ""},
		{"HTML in front", append([]byte("<script>alert(1)</script>"), p...), protocol.UnsupportedType, ""},
		{"a PNG cut short", p[:len(p)/2], protocol.UnsupportedType, ""},
		{"a JPEG cut short", j[:len(j)/2], protocol.UnsupportedType, ""},
		{"a JPEG's magic alone", []byte{0xff, 0xd8, 0xff}, protocol.UnsupportedType, ""},
		{"30,000 x 30,000 in 50 KB", bomb(30_000, 30_000), protocol.TooLarge, ""},
		{"one long line", bomb(1<<31-1, 1), protocol.TooLarge, ""},
		{"no width", bomb(0, 1), protocol.UnsupportedType, ""},
		{"5,000 pixels too many", bomb(5000, 5001), protocol.TooLarge, ""},
		{"as many as may be, without its lines", bomb(5000, 5000), protocol.UnsupportedType, ""},
		{"a side too long", bomb(16_385, 10), protocol.TooLarge, ""},
		{"as many scans as may be", scans(jpegScansMax), 0, "image/jpeg"},
		{"a scan too many", scans(jpegScansMax + 1), protocol.UnsupportedType, ""},
		{"thousands of scans", scans(1000), protocol.UnsupportedType, ""},
		{"a zip behind it", append(append([]byte(nil), j...), "PK\x03\x04secret"...), 0, "image/jpeg"},
		{"HTML in a comment", after(j, 2, segment(0xfe, []byte("<script>secret</script>"))...), 0, "image/jpeg"},
		{"where it was taken", after(j, 2, segment(0xe1, []byte("Exif\x00\x00MM\x00*secret GPS"))...), 0, "image/jpeg"},
		{"a text that unpacks to much", after(p, 33, chunk("zTXt", []byte("secret\x00\x00x\x9c"))...), 0, "image/png"},
	} {
		t.Run(r.name, func(t *testing.T) {
			got, rej := redraw(r.content)
			if r.code != 0 {
				if rej == nil || rej.Code != r.code {
					t.Errorf("%v, want %s", rej, r.code)
				}
				return
			}
			if rej != nil {
				t.Fatal(rej)
			}
			if got.kind != r.kind || got.width != 40 || got.height != 30 || len(got.content) > 2<<20 {
				t.Errorf("%s %d x %d, %d bytes", got.kind, got.width, got.height, len(got.content))
			}
			if bytes.Contains(got.content, []byte("secret")) || bytes.Contains(got.content, []byte("Exif")) {
				t.Error("what travelled in the file is still there")
			}
			if _, format, err := image.Decode(bytes.NewReader(got.content)); err != nil || "image/"+format != r.kind {
				t.Errorf("the copy: %s %v", format, err)
			}
		})
	}
}

// A camera says in its metadata how it was held; the copy stands upright without them.
func TestTheCopyStandsUpright(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{A: 255})
			if x < 32 && y < 16 { // white where the picture begins
				m.Set(x, y, color.White)
			}
		}
	}
	j := asJPEG(m)
	for turn, corner := range map[byte][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}} {
		got, rej := redraw(after(j, 2, exif(turn)...))
		if rej != nil {
			t.Fatal(rej)
		}
		out, err := jpeg.Decode(bytes.NewReader(got.content))
		if err != nil {
			t.Fatal(err)
		}
		w, h := out.Bounds().Dx(), out.Bounds().Dy()
		if turn < 5 && (w != 64 || h != 32) || turn >= 5 && (w != 32 || h != 64) {
			t.Errorf("turn %d: %d x %d", turn, w, h)
		}
		for _, at := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			r, _, _, _ := out.At(w/4+at[0]*w/2, h/4+at[1]*h/2).RGBA()
			if white := r > 0x8000; white != (at == corner) {
				t.Errorf("turn %d: corner %v white %v", turn, at, white)
			}
		}
	}
}

// upload posts a body that is no JSON, and gives status, problem or file, and the response.
func (h *house) upload(token, query string, body []byte, headers ...string) (*http.Response, map[string]any) {
	return h.do("POST", "/v1/sites/acme/files"+query, token, string(body), append([]string{"Content-Type", "", "Content-Type", "image/png"}, headers...)...)
}

func TestX21Uploads(t *testing.T) {
	in(t, nil, func(h *house) {
		h.rooms["r_closed"] = protocol.RoomView{Room: "r_closed", Site: "acme", State: protocol.Closed, Key: "acme_kim", ClosedAt: 1}
		kim, lee := h.visitor("kim"), h.visitor("lee")
		anna, ben, boss, admin := h.login("anna", "acme"), h.login("ben", "acme"), h.login("boss", "acme"), h.login("admin", "acme")
		content := asPNG(drawn(50, 40, false))
		a := "?room=" + string(roomA)
		for _, r := range []struct {
			name, token, query string
			body               []byte
			status             int
			field              string
		}{
			{"the customer, for its room", kim, a, content, 201, ""},
			{"no room", kim, "", content, 400, "room"},
			{"another customer's room", lee, a, content, 404, ""},
			{"a room that does not exist", kim, "?room=r_zz", content, 404, ""},
			{"a path for a room", kim, "?room=../../x", content, 404, ""},
			{"a closed room", kim, "?room=r_closed", content, 409, ""},
			{"the holder", anna, a, content, 201, ""},
			{"another agent", ben, a, content, 404, ""},
			{"the manager in scope", boss, a, content, 201, ""},
			{"the manager out of scope", boss, "?room=" + string(roomB), content, 404, ""},
			{"the administrator, for the site", admin, "", content, 201, ""},
			{"a stranger", "", a, content, 401, ""},
			{"no image", kim, a, []byte("hello"), 415, ""},
			{"X-21: 2 MB and a byte", kim, a, make([]byte, 2<<20+1), 413, ""},
		} {
			h.files = map[string]*protocol.FileRow{}
			before := len(h.contents)
			res, m := h.upload(r.token, r.query, r.body)
			field, _ := m["field"].(string)
			if res.StatusCode != r.status || field != r.field {
				t.Errorf("%s: %d %v, want %d %s", r.name, res.StatusCode, m, r.status, r.field)
			}
			if (r.status == 201) != (len(h.files) == 1) || r.status != 201 && len(h.contents) != before {
				t.Errorf("%s: %d files, %d contents", r.name, len(h.files), len(h.contents))
			}
			if r.status == 201 && (m["type"] != "image/png" || m["width"] != 50.0 || m["height"] != 40.0 || h.files[m["file"].(string)].Account != map[string]protocol.AccountID{anna: "anna", boss: "boss", admin: "admin"}[r.token]) {
				t.Errorf("%s: %v %+v", r.name, m, h.files)
			}
		}
		if res, _ := h.upload(kim, a, content, "Content-Encoding", "gzip"); res.StatusCode != 415 {
			t.Errorf("encoded: %v", res.Status)
		}
		// A disk that is full: nothing says that there is a file.
		h.files, h.full = map[string]*protocol.FileRow{}, errors.New("no space left on device")
		if res, m := h.upload(kim, a, content); res.StatusCode != 503 || len(h.files) != 0 || strings.Contains(m["text_en"].(string), "device") {
			t.Errorf("full: %v %v", res.Status, m)
		}
	})
}

// a file is data, under our name, and only for those whom it concerns.
func TestX23X08WhoSeesAFile(t *testing.T) {
	in(t, nil, func(h *house) {
		content := asJPEG(drawn(8, 8, false))
		var saved protocol.FileRow
		_ = h.engine().SaveFile(content, &saved)
		for id, f := range map[string]protocol.FileRow{
			"f_kim":  {Room: roomA, Key: "acme_kim"},
			"f_anna": {Room: roomA, Key: "acme_kim", Account: "anna"},
			"f_site": {Account: "admin"},
		} {
			f.ID, f.Hash, f.Type = id, saved.Hash, "image/jpeg"
			h.files[id] = &f
		}
		tokens := map[string]string{"kim": h.visitor("kim"), "lee": h.visitor("lee"), "stranger": ""}
		for _, a := range []protocol.AccountID{"anna", "ben", "boss", "boss2", "admin"} {
			tokens[string(a)] = h.login(a, "acme")
		}
		for who, sees := range map[string]string{
			"kim": "f_kim f_anna f_site", "lee": "f_site", "anna": "f_kim f_anna f_site", "ben": "f_site", "boss": "f_kim f_anna f_site",
			"boss2": "f_site", "admin": "f_kim f_anna f_site", "stranger": "",
		} {
			hidden := ""
			for _, id := range []string{"f_kim", "f_anna", "f_site", "f_none", "..%2f..%2fx", "f_%00"} {
				res, m := h.do("GET", "/v1/sites/acme/files/"+id, tokens[who], "")
				if strings.Contains(" "+sees+" ", " "+id+" ") {
					if res.StatusCode != 200 {
						t.Errorf("%s: %s: %v", who, id, res.Status)
					}
					continue
				}
				answer := fmt.Sprint(res.Status, m["code"], m["text_en"])
				if hidden == "" {
					hidden = answer
				}
				if answer != hidden || who != "stranger" && res.StatusCode != 404 || who == "stranger" && res.StatusCode != 401 {
					t.Errorf("%s: %s: %s, want %s: what is hidden and what is not there look alike", who, id, answer, hidden)
				}
			}
		}
		h.erased["f_anna"] = true
		if res, m := h.do("GET", "/v1/sites/acme/files/f_anna", tokens["kim"], ""); res.StatusCode != 404 {
			t.Errorf("a file whose key is destroyed: %v %v (X-30)", res.Status, m)
		}
		if res, _ := h.do("GET", "/v1/sites/other/files/f_site", tokens["kim"], ""); res.StatusCode != 404 {
			t.Errorf("another site: %v", res.Status)
		}
		res, _ := h.do("GET", "/v1/sites/acme/files/f_kim", tokens["kim"], "")
		for name, want := range map[string]string{
			"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Disposition": `attachment; filename="f_kim.jpg"`,
			"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

// ten thousand uploads by one customer end at the day's share, and the next day brings a new one; uploads that
// never end hold a bounded number of places, and give them back.
func TestX24UploadFloods(t *testing.T) {
	in(t, func(c *Config) { c.VisitorUploads, c.AccountUploads, c.ImageWorkers, c.ImageQueue = 5, 8, 1, 1 }, func(h *house) {
		kim, content, query := h.visitor("kim"), asPNG(drawn(4, 4, false)), "?room="+string(roomA)
		count := func(n int) (taken int) {
			for range n {
				res, m := h.upload(kim, query, content)
				switch {
				case res.StatusCode == 201:
					taken++
				case m["code"] != "rate_limited" || res.Header.Get("Retry-After") == "":
					t.Errorf("%v %v", res.Status, m)
				}
			}
			return taken
		}
		if n := count(50); n != 5 {
			t.Errorf("%d uploads were taken, want 5", n)
		}
		time.Sleep(25 * time.Hour) // of the bubble's time
		kim = h.visitor("kim")
		if n := count(50); n != 5 {
			t.Errorf("on the next day %d, want 5", n)
		}
		anna := h.login("anna", "acme")
		for range 2 { // both places are taken by bodies that never end
			r, w := io.Pipe()
			req, _ := http.NewRequest("POST", "http://gate.test/v1/sites/acme/files"+query, r)
			req.Header.Set("Authorization", "Bearer "+anna)
			go func() {
				if res, err := h.client().Do(req); err == nil {
					res.Body.Close()
				}
				w.Close()
			}()
			w.Write(content[:8])
		}
		time.Sleep(time.Second) // of the bubble's time
		if res, m := h.upload(anna, query, content); res.StatusCode != 503 || m["retryable"] != true {
			t.Errorf("no place: %v %v", res.Status, m)
		}
		time.Sleep(h.g.cfg.BodyWait) // of the bubble's time: the server cuts them
		if res, m := h.upload(anna, query, content); res.StatusCode != 201 {
			t.Errorf("afterwards: %v %v", res.Status, m)
		}
		for range 10 {
			if res, m := h.upload(anna, query, content); res.StatusCode != 201 && m["code"] == "rate_limited" {
				return
			}
		}
		t.Error("an account uploads without limit")
	})
}
