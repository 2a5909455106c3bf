package gateway

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"switchyard/protocol"
)

// Uploads. POST brings one image as the body; the answer's id can then be sent with message.send, or set as an image of
// the settings. The content is on the disk before anything says that there is a file.

// saveFile takes an upload: for a room (?room=), which a visitor must name, or for the site.
func (c *call) saveFile() (int, []byte, *protocol.Rejection) {
	g := c.g
	key, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	row, rej := c.uploadFor(protocol.RoomID(c.r.URL.Query().Get("room")))
	if rej != nil {
		return 0, nil, rej
	}
	now := time.Now()
	wait := time.Duration(0)
	if c.who.visitor() {
		wait = g.visitorUploads.take(string(c.who.customer), now)
	} else {
		wait = g.accountUploads.take(string(c.who.site)+"/"+string(c.who.account), now)
	}
	if wait > 0 {
		return 0, nil, limited(wait)
	}
	body := protocol.SaveFile{}
	if rej := g.admit(body); rej != nil {
		return 0, nil, rej
	}
	if rej := g.studio.enter(); rej != nil {
		return 0, nil, rej
	}
	defer g.studio.leave()
	content, rej := c.readFile()
	if rej != nil {
		return 0, nil, rej
	}
	p, rej := g.studio.draw(c.context(), content)
	if rej != nil {
		return 0, nil, rej
	}
	row.Type, row.Size, row.Width, row.Height = p.kind, len(p.content), p.width, p.height
	if err := g.engine.SaveFile(p.content, &row); err != nil {
		return 0, nil, &protocol.Rejection{Code: protocol.Unavailable, Text: "the file cannot be kept", RetryAfter: time.Second}
	}
	body.File = row
	began := g.engine.Now()
	res, rej := g.ask(c.context(), protocol.CustomersAt(c.site), body, c.caller, key, c.facts)
	g.obs.Command(body.CommandName(), g.engine.Now().Sub(began))
	if rej != nil {
		return 0, nil, rej
	}
	a, ok := res.(protocol.FileAnswer)
	if !ok {
		return 0, nil, protocol.Reject(protocol.Internal, "no file came of it")
	}
	return http.StatusCreated, fileJSON(&a.File), nil
}

// uploadFor checks the room that an upload is for, as the caller's reach sees it.
func (c *call) uploadFor(room protocol.RoomID) (protocol.FileRow, *protocol.Rejection) {
	row := protocol.FileRow{Account: c.caller.Account}
	if room == "" {
		if c.who.visitor() {
			return row, protocol.RejectField(protocol.BadRequest, "room", "is missing")
		}
		return row, nil
	}
	v, rej := c.g.view(c.context(), "files.save", c.caller, c.facts, room)
	if rej != nil {
		return row, rej
	}
	if v.ClosedAt != 0 {
		return row, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	row.Room, row.Key, row.Seal = room, v.Key, v.Seal
	return row, nil
}

// readFile reads the body, one byte beyond the limit at most.
func (c *call) readFile() ([]byte, *protocol.Rejection) {
	if c.r.Header.Get("Content-Encoding") != "" {
		return nil, protocol.Reject(protocol.UnsupportedType, "the body may not be encoded")
	}
	if c.r.ContentLength > fileBytesMax {
		return nil, errFileLarge
	}
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, fileBytesMax))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, errFileLarge
	case err != nil:
		return nil, protocol.Reject(protocol.BadRequest, "the body cannot be read")
	}
	return b, nil
}

func fileJSON(f *protocol.FileRow) []byte {
	j := protocol.JSON{}
	j.Open()
	j.Str("file", f.ID)
	j.Str("type", f.Type)
	j.Int("size", int64(f.Size))
	j.Int("width", int64(f.Width))
	j.Int("height", int64(f.Height))
	j.Str("room", string(f.Room))
	j.Instant("at", f.At)
	j.Close()
	return j.B
}

// file gives an upload's content to those whose reach covers it. It never changes, so it may be kept; it is data and
// never a page: no browser may run it where this node's pages live.
func (c *call) file() (int, []byte, *protocol.Rejection) {
	id := c.r.PathValue("file")
	if !protocol.ValidFile(id) {
		return 0, nil, notFound
	}
	f, err := c.g.engine.File(c.site, id)
	if err != nil {
		return 0, nil, unreadable
	}
	if f == nil || !c.seesFile(f) {
		return 0, nil, notFound
	}
	content, err := c.g.engine.OpenFile(f)
	if errors.Is(err, protocol.ErrErased) {
		return 0, nil, notFound
	}
	if err != nil {
		return 0, nil, unreadable
	}
	h := c.w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `attachment; filename="`+f.ID+map[string]string{"image/jpeg": ".jpg", "image/png": ".png"}[f.Type]+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write(content)
	return 0, nil, nil
}

// seesFile: the site's own files are there to be shown to customers, a room's are its customer's and theirs whose reach
// covers the room, and whoever uploaded one sees it.
func (c *call) seesFile(f *protocol.FileRow) bool {
	switch {
	case f.Room == "":
		return true
	case f.Key == c.caller.Customer && c.who.visitor():
		return true
	case c.who.visitor(): // perhaps it came to the room with another key
		_, rej := c.g.view(c.context(), "stream.room", c.caller, c.facts, f.Room)
		return rej == nil
	case f.Account != "" && f.Account == c.caller.Account:
		return true
	}
	_, rej := c.g.view(c.context(), "files.view", c.caller, c.facts, f.Room)
	return rej == nil
}
