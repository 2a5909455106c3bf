package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/bench/client"
	"switchyard/bench/target"
	"switchyard/protocol"
)

// F-04: what the disk has, and what is refused for it; the ballast is given up when it is needed and made again when it fits.
func TestF04TheReserveStopsNewRoomsFirst(t *testing.T) {
	const mb = 1 << 20
	free := uint64(0)
	var fails error
	d := disk{
		space: func() (uint64, uint64, error) { return free, 1000 * mb, fails }, reserve: 80 * mb,
		ballast: ballast{filepath.Join(t.TempDir(), "ballast"), 2 * mb}, log: slog.New(slog.DiscardHandler),
	}
	for i, c := range []struct {
		free                     uint64
		rooms, anything, ballast bool
	}{
		{91 * mb, true, true, false}, // too little for a ballast as well
		{92 * mb, true, true, true},
		{80 * mb, true, true, true},
		{80*mb - 1, false, true, true},
		{89 * mb, false, true, true}, // not yet enough again
		{90 * mb, true, true, true},
		{20*mb - 1, false, false, false},
		{20 * mb, false, true, false},
		{90 * mb, true, true, false},
		{500 * mb, true, true, true},
	} {
		free = c.free
		d.look()
		rooms, anything := d.admits()
		require.Equal(t, []bool{c.rooms, c.anything}, []bool{rooms, anything}, "step %d", i)
		require.Equal(t, c.rooms, d.complaint() == "", "readiness at step %d: %s", i, d.complaint())
		info, err := os.Stat(d.ballast.path)
		require.Equal(t, c.ballast, err == nil, "ballast at step %d", i)
		if err == nil {
			require.EqualValues(t, 2*mb, info.Size())
		}
	}
	fails = errors.New("no such thing")
	d.look()
	require.Empty(t, d.complaint(), "a disk that does not say stops nothing")
}

// smallDisk mounts a file system of some MB for the store; where that is not allowed, it gives a folder of the disk there is and a
// reserve that is larger than what is free there.
func smallDisk(t *testing.T, mb int) (dir string, mounted bool) {
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mb)); err != nil {
		t.Logf("no file system of its own (%v): a reserve beyond the disk stands for it", err)
		return dir, false
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir, true
}

// F-04 with the binary on a real small file system: below the reserve a new room is refused with a code and a time to try again,
// the room that is open goes on, readiness is false and the metric says so; when there is space again, it goes on by itself.
func TestF04ANearlyFullDiskStopsAdmissionFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	binary := filepath.Join(t.TempDir(), "switchyard")
	built, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	dir, mounted := smallDisk(t, 192)
	t.Setenv("TMPDIR", dir)
	t.Setenv("SWITCHYARD_DISK_RESERVE_MB", map[bool]string{true: "40", false: "1000000000"}[mounted])
	t.Setenv("SWITCHYARD_DISK_BALLAST_MB", "4")
	t.Setenv("SWITCHYARD_DRAIN_SECONDS", "0")
	node, err := target.StartNode(ctx, binary, "small-disk-1")
	require.NoError(t, err)
	defer func() { _, _, err := node.Stop(false); require.NoError(t, err) }()
	api := &target.API{Base: node.Base(), HTTP: http.DefaultClient}
	w := &smallWorld{t: t, ctx: ctx, api: api, dialer: client.NewDialer(target.Socket(node.Base()), http.DefaultClient, 4)}
	w.until(func() bool { return w.named(node) })

	filler := filepath.Join(dir, "filler")
	open, first := w.customer("first"), ""
	if mounted {
		first = <-w.start(open, "first")
		w.until(func() bool { _, err := os.Stat(filepath.Join(node.Folder(), "data", "ballast")); return err == nil })
		fill(t, dir, filler, 30<<20)
	}
	w.until(func() bool { return !w.ready() })
	require.Contains(t, w.metrics(), "switchyard_disk_low 1")
	second := w.start(w.customer("second"), "second")
	refused := `switchyard_rejections_total{code="unavailable"} `
	w.until(func() bool { return !strings.Contains(w.metrics(), refused+"0") })
	require.Empty(t, second, "no new room; the client tries again when it was told to")
	if !mounted {
		return
	}
	w.says(open, first, "still heard")
	require.NoError(t, os.Remove(filler))
	w.until(w.ready)
	require.Contains(t, w.metrics(), "switchyard_disk_low 0")
	require.NotEqual(t, first, <-second, "without a restart")
	w.says(open, first, "and again")
}

// F-04: a node that is started on a disk without a single free byte gives up its ballast and serves, with everything refused until there
// is space; one without a ballast says why it does not start, and changes nothing: what is there can be opened once there is space.
func TestF04AStartOnAFullDisk(t *testing.T) {
	dir, mounted := smallDisk(t, 64)
	if !mounted {
		t.Skip("needs a file system of its own that can be full")
	}
	data, filler := filepath.Join(dir, "data"), filepath.Join(dir, "filler")
	start := func(ballast string) (*node, error) {
		cfg, _, err := loadConfig("serve", []string{"-data", data, "-shards", "4", "-disk-reserve-mb", "8", "-disk-ballast-mb", ballast}, nil, io.Discard)
		require.NoError(t, err)
		return assemble(cfg, slog.New(slog.DiscardHandler))
	}
	stop := func(n *node) { require.NoError(t, n.stop(t.Context())) }
	ask := func(n *node, to protocol.Address, who protocol.Caller, b protocol.Body) protocol.Result {
		type answer struct {
			res protocol.Result
			rej *protocol.Rejection
		}
		got := make(chan answer, 1)
		n.engine.Ask(to, protocol.Command{Body: b, Caller: who, ClientID: "write-000001"}, func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} })
		a := <-got
		require.Nil(t, a.rej, b.CommandName())
		return a.res
	}
	kim := protocol.Caller{Role: protocol.Visitor, Site: "acme", Customer: "acme_kim"}
	n, err := start("16")
	require.NoError(t, err)
	ask(n, protocol.SiteAt("acme"), protocol.Caller{Role: protocol.System, Site: "acme"}, protocol.CreateSite{
		Site: "acme", Settings: []byte(`{"distribution.mode":"MANUAL","no_agent_policy":"WAIT","hours.weekday":{"open":true,"all_day":true},"hours.saturday":{"open":true,"all_day":true},"hours.sunday":{"open":true,"all_day":true}}`),
		Accounts: []protocol.AccountSaved{{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: "admin"}, Password: "x"}},
	})
	room := ask(n, protocol.CustomersAt("acme"), kim, protocol.StartRoom{Key: "acme_kim", Channel: protocol.Web}).(protocol.Started).Room
	ask(n, protocol.RoomAt("acme", room), kim, protocol.SendMessage{Room: room, Kind: protocol.Text, Text: "still there"})
	said := func(n *node) (texts []string) {
		require.NoError(t, n.store.Events(protocol.RoomAt("acme", room), 1, 1000, func(r protocol.Recorded) error {
			if e, ok := r.Event.(*protocol.MessagePosted); ok && e.From == protocol.FromCustomer {
				texts = append(texts, e.Text)
			}
			return nil
		}))
		return texts
	}
	stop(n)
	_, err = os.Stat(filepath.Join(data, "ballast"))
	require.NoError(t, err, "made while there was space")

	fill(t, dir, filler, 0)
	n, err = start("16")
	require.NoError(t, err)
	_, err = os.Stat(filepath.Join(data, "ballast"))
	require.ErrorIs(t, err, os.ErrNotExist, "given up")
	require.Equal(t, []string{"still there"}, said(n))
	require.NoError(t, os.Remove(filler))
	fill(t, dir, filler, 1<<20)
	n.disk.look()
	rooms, anything := n.disk.admits()
	require.Equal(t, []bool{false, false}, []bool{rooms, anything})
	require.NotEmpty(t, n.notReady())
	require.NoError(t, os.Remove(filler))
	n.disk.look()
	rooms, anything = n.disk.admits()
	require.Equal(t, []bool{true, true}, []bool{rooms, anything}, "without a restart")
	stop(n)

	require.NoError(t, os.Remove(filepath.Join(data, "ballast")))
	fill(t, dir, filler, 0)
	_, err = start("0")
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, os.Remove(filler))
	// The process would end now, and its lock with it; this one goes on with a copy.
	again := filepath.Join(dir, "again")
	require.NoError(t, os.CopyFS(again, os.DirFS(data)))
	keys, err := filepath.Glob(filepath.Join(again, "keys", "*"))
	require.NoError(t, err)
	for _, k := range keys {
		require.NoError(t, os.Chmod(k, 0o600))
	}
	data = again
	n, err = start("0")
	require.NoError(t, err)
	require.Equal(t, []string{"still there"}, said(n))
	stop(n)
}

// fill takes space until only so much is left.
func fill(t *testing.T, dir, name string, leave uint64) {
	var s syscall.Statfs_t
	require.NoError(t, syscall.Statfs(dir, &s))
	take := int64(s.Bavail*uint64(s.Bsize)) - int64(leave)
	require.Positive(t, take)
	f, err := os.Create(name)
	require.NoError(t, err)
	_, err = io.CopyN(f, zeros{}, take)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

type smallWorld struct {
	t      *testing.T
	ctx    context.Context
	api    *target.API
	dialer *client.Dialer
	ops    string
}

// named finds the address of the operations listener in what the node has said.
func (w *smallWorld) named(node *target.Node) bool {
	said, err := os.ReadFile(filepath.Join(node.Folder(), "node.log"))
	require.NoError(w.t, err)
	for line := range strings.Lines(string(said)) {
		if address, ok := strings.CutPrefix(line, "operations "); ok {
			w.ops = strings.TrimSpace(address)
		}
	}
	return w.ops != ""
}

func (w *smallWorld) get(path string) (int, string) {
	resp, err := http.Get(w.ops + path)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	require.NoError(w.t, err)
	return resp.StatusCode, b.String()
}

func (w *smallWorld) ready() bool {
	code, said := w.get("/readyz")
	require.True(w.t, code == http.StatusOK || strings.Contains(said, "disk: "), said)
	return code == http.StatusOK
}

func (w *smallWorld) metrics() string { _, said := w.get("/metrics"); return said }

// until asks every 50 ms, the node looks at its disk every second.
func (w *smallWorld) until(what func() bool) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !what() {
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			w.t.Fatal("it did not come to that")
		}
	}
}

func (w *smallWorld) customer(uid string) *client.Client {
	c := client.New(w.ctx, client.Options{
		Dialer: w.dialer, Backoff: client.Backoff{Base: 100 * time.Millisecond, Cap: time.Second, ResetAfter: 30 * time.Second},
		Token: func(ctx context.Context, _ bool) (string, error) {
			var out struct {
				Token string `json:"token"`
			}
			err := w.api.Call(ctx, http.MethodPost, "/v1/sites/demo/visitor-tokens", "", map[string]string{"site_uid": uid}, &out)
			return out.Token, err
		},
	})
	c.Start()
	w.t.Cleanup(c.Close)
	return c
}

// start asks for a room, and gives it when it is there.
func (w *smallWorld) start(c *client.Client, uid string) <-chan string {
	room := make(chan string, 1)
	c.Send(client.Command{Type: "room.start", Data: map[string]any{"client_id": "start-" + uid + "-1234"}}, func(r client.Reply) {
		var out struct {
			Room string `json:"room"`
		}
		if w.ctx.Err() == nil && (json.Unmarshal(r.Data, &out) != nil || out.Room == "") {
			w.t.Errorf("%s: %s %v %v", uid, r.Data, r.Refused, r.Err)
		}
		room <- out.Room
	})
	return room
}

func (w *smallWorld) says(c *client.Client, room, text string) {
	answer := make(chan client.Reply, 1)
	c.Send(client.Command{Type: "message.send", Stream: "room/" + room, Data: map[string]any{
		"client_id": "says-" + strings.ReplaceAll(text, " ", "-"), "kind": "text", "text": text,
	}}, func(r client.Reply) { answer <- r })
	select {
	case r := <-answer:
		require.Nil(w.t, r.Refused)
		require.NoError(w.t, r.Err)
	case <-w.ctx.Done():
		w.t.Fatal("no answer")
	}
}
