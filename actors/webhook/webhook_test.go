package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

const siteID = protocol.SiteID("acme")

// yard is a store, a site with one address, and the system behind the address; time is the bubble's.
type yard struct {
	t  *testing.T
	mu sync.Mutex

	rows    map[protocol.RowKind]map[string][]byte
	facts   *protocol.SiteFacts
	got     []*got
	respond func(n int, w http.ResponseWriter, r *http.Request)
	pipes   chan net.Conn
	server  *http.Server
	s       *Sender
	o       Options
	number  uint64
}

type got struct {
	id, body string
	at       time.Time
}

// in plays a test in a bubble of virtual time (F-34): nothing sleeps for real, and no socket is opened.
func in(t *testing.T, change func(*Options), test func(y *yard)) {
	synctest.Test(t, func(t *testing.T) {
		settings := protocol.DefaultSettings()
		y := &yard{
			t: t, rows: map[protocol.RowKind]map[string][]byte{}, pipes: make(chan net.Conn),
			facts: &protocol.SiteFacts{Site: siteID, Settings: &settings, Zone: time.UTC, Webhooks: map[string]*protocol.Webhook{
				"crm": {ID: "crm", URL: "http://crm.example/hook", All: true, Enabled: true, Version: 1},
			}},
		}
		y.server = &http.Server{Handler: http.HandlerFunc(y.serve)}
		go y.server.Serve(y)
		y.o = Options{
			Rows: y.read, Commit: y.commit, Facts: func(id protocol.SiteID) *protocol.SiteFacts {
				if id != siteID {
					return nil
				}
				y.mu.Lock()
				defer y.mu.Unlock()
				return y.facts
			},
			Sites: func() []protocol.SiteID { return []protocol.SiteID{siteID} },
			Secret: func(_ protocol.SiteID, id string, version uint32) []byte {
				return fmt.Appendf(nil, "%s-%d", id, version)
			},
			Now: time.Now, Private: true,
			Transport: &http.Transport{MaxResponseHeaderBytes: 16 << 10, ResponseHeaderTimeout: 10 * time.Second, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				a, b := net.Pipe()
				select {
				case y.pipes <- b:
					return a, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}},
		}
		if change != nil {
			change(&y.o)
		}
		y.s = New(y.o)
		require.NoError(t, y.s.Start())
		defer func() { // also of a test that failed: the bubble waits for everybody
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			y.s.Stop(ctx)
			y.o.Transport.(*http.Transport).CloseIdleConnections()
			y.server.Close()
		}()
		test(y)
	})
}

func (y *yard) Accept() (net.Conn, error) {
	c, ok := <-y.pipes
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (y *yard) Close() error   { close(y.pipes); return nil }
func (y *yard) Addr() net.Addr { return &net.TCPAddr{} }

func (y *yard) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	y.mu.Lock()
	y.got = append(y.got, &got{id: r.Header.Get("webhook-id"), body: string(body), at: time.Now()})
	n, respond := len(y.got), y.respond
	y.mu.Unlock()
	h := hmac.New(sha256.New, []byte("crm-1"))
	fmt.Fprintf(h, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)); r.Header.Get("webhook-signature") != want {
		y.t.Errorf("signed %s, want %s", r.Header.Get("webhook-signature"), want)
	}
	if respond != nil {
		respond(n, w, r)
	}
}

func (y *yard) read(_ protocol.SiteID, kind protocol.RowKind, prefix, after []byte, limit int, each func(k, v []byte) error) error {
	y.mu.Lock()
	var keys []string
	for k := range y.rows[kind] {
		if strings.HasPrefix(k, string(prefix)) && k > string(after) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var values [][]byte
	for _, k := range keys[:min(limit, len(keys))] {
		values = append(values, y.rows[kind][k])
	}
	y.mu.Unlock()
	for i, v := range values {
		if err := each([]byte(keys[i]), v); err != nil {
			return err
		}
	}
	return nil
}

func (y *yard) commit(_ protocol.SiteID, rows []protocol.Row) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, r := range rows {
		if y.rows[r.Kind] == nil {
			y.rows[r.Kind] = map[string][]byte{}
		}
		if r.Value == nil {
			delete(y.rows[r.Kind], string(r.Key))
		} else {
			y.rows[r.Kind][string(r.Key)] = r.Value
		}
	}
}

// happens writes facts of rooms as an entry would.
func (y *yard) happens(rooms ...string) {
	for _, room := range rooms {
		y.number++
		outs := []protocol.Outside{{Type: protocol.OutsideRoomCreated, Number: y.number, At: protocol.At(time.Now()), Data: fmt.Appendf(nil, `"room":%q`, room)}}
		y.commit(siteID, y.s.Outbox(y.facts, protocol.RoomAt(siteID, protocol.RoomID("r_"+room)), outs))
	}
	y.s.Wake(siteID)
	synctest.Wait()
}

func (y *yard) heard() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var all []string
	for _, g := range y.got {
		_, rest, _ := strings.Cut(g.body, `"room":"`)
		room, _, _ := strings.Cut(rest, `"`)
		all = append(all, room)
	}
	return strings.Join(all, " ")
}

// answers says what the other system answers from here on; forget drops what it was sent so far.
func (y *yard) answers(f func(int, http.ResponseWriter, *http.Request)) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.respond = f
}

func (y *yard) forget() { y.mu.Lock(); defer y.mu.Unlock(); y.got = nil }

func (y *yard) tries() int { y.mu.Lock(); defer y.mu.Unlock(); return len(y.got) }

func (y *yard) left(kind protocol.RowKind) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.rows[kind])
}

func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// TestF34FactsArriveInOrderAndOnce where everything is well: each is signed, confirmed and gone, and logged.
func TestF34FactsArriveInOrderAndOnce(t *testing.T) {
	in(t, nil, func(y *yard) {
		y.happens("a", "b", "c")
		require.Equal(t, "a b c", y.heard())
		require.Zero(t, y.left(protocol.RowOutbox))
		log, err := y.s.Deliveries(siteID, "crm")
		require.NoError(t, err)
		require.Len(t, log, 3)
		require.Equal(t, uint64(3), log[0].Number)
		require.Equal(t, 200, log[0].Status)
		facts, oldest := y.s.Waiting()
		require.Zero(t, facts)
		require.Zero(t, oldest)
		for range 120 {
			y.happens("x")
		}
		log, _ = y.s.Deliveries(siteID, "crm")
		require.Len(t, log, protocol.DeliveriesMax, "the log is a ring")
		require.Equal(t, uint64(123), log[0].Number)
	})
}

// TestF34AFailingAddressIsRetriedLaterAndLater, with the same id and body each time, and the order is kept.
func TestF34AFailingAddressIsRetried(t *testing.T) {
	in(t, nil, func(y *yard) {
		y.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
			if n <= 4 {
				w.WriteHeader(500)
			}
		})
		y.happens("a", "b")
		require.Equal(t, "a", y.heard())
		v, err := y.s.Status(siteID, "crm")
		require.NoError(t, err)
		require.Equal(t, 2, v.Pending)
		require.Equal(t, 1, v.Failures)
		require.NotZero(t, v.Retry)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, "a a a a a b", y.heard())
		for i, g := range y.got[1:5] {
			require.Equal(t, y.got[0].id, g.id)
			require.Equal(t, y.got[0].body, g.body)
			wait := g.at.Sub(y.got[i].at)
			require.GreaterOrEqual(t, wait, shortWait)
			require.LessOrEqual(t, wait, firstWait<<i)
		}
		require.Zero(t, y.left(protocol.RowOutbox))
	})
}

// TestF34ADeadAddressIsLeftAlone: the breaker opens, attempts become rare, and after its time each fact is given up;
// they can be seen and sent again.
func TestF34ADeadAddressIsLeftAlone(t *testing.T) {
	in(t, nil, func(y *yard) {
		y.answers(status(503))
		y.happens("a", "b", "c")
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		v, _ := y.s.Status(siteID, "crm")
		require.Equal(t, 3, v.Pending)
		time.Sleep(30 * time.Hour)
		synctest.Wait()
		require.LessOrEqual(t, y.tries(), 70, "attempts of 30 hours")
		require.NotContains(t, y.heard(), "c", "what had its time is not asked for again")
		require.Zero(t, y.left(protocol.RowOutbox))
		lost, err := y.s.GivenUp(siteID, "crm")
		require.NoError(t, err)
		require.Len(t, lost, 3)
		require.Equal(t, "status", lost[0].Failure)
		require.Equal(t, 503, lost[0].Status)
		require.NotZero(t, lost[0].Attempts)

		y.forget()
		y.answers(nil)
		n, err := y.s.Resend(siteID, "crm", lost[1].ID)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		synctest.Wait()
		require.Equal(t, "b", y.heard())
		n, err = y.s.Resend(siteID, "crm", "")
		require.NoError(t, err)
		require.Equal(t, 2, n)
		synctest.Wait()
		require.Equal(t, "b a c", y.heard())
		require.Zero(t, y.left(protocol.RowGivenUp))
		n, err = y.s.Resend(siteID, "crm", "e_unknown")
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

// TestAttemptsAreBounded: a fact is given up after AttemptsMax, and only the newest that were are kept.
func TestAttemptsAreBounded(t *testing.T) {
	in(t, func(o *Options) { o.AttemptsMax, o.GivenUpMax = 2, 3 }, func(y *yard) {
		y.answers(status(400))
		y.happens("a", "b", "c", "d", "e")
		time.Sleep(20 * time.Hour)
		synctest.Wait()
		require.Equal(t, "a a b b c c d d e e", y.heard())
		lost, _ := y.s.GivenUp(siteID, "crm")
		require.Len(t, lost, 3)
	})
}

// TestTheBreakerOpens after five failures in a row, and one attempt closes it again.
func TestTheBreakerOpens(t *testing.T) {
	in(t, nil, func(y *yard) {
		y.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
			if n <= tripAfter {
				w.WriteHeader(500)
			}
		})
		y.happens("a")
		for y.tries() < tripAfter {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		v, _ := y.s.Status(siteID, "crm")
		require.Equal(t, "open", v.Breaker)
		time.Sleep(openFor - 2*time.Second)
		synctest.Wait()
		require.Equal(t, tripAfter, y.tries(), "nothing is tried while it is open")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		v, _ = y.s.Status(siteID, "crm")
		require.Equal(t, "closed", v.Breaker)
		require.Equal(t, tripAfter+1, y.tries())
	})
}

// TestX26AnswersAreBounded: a slow one, an endless one, one with a thousand headers, and X-25: a redirect, which nobody follows.
func TestX26AnswersAreBounded(t *testing.T) {
	for name, x := range map[string]struct {
		respond func(int, http.ResponseWriter, *http.Request)
		failure string
	}{
		"slow": {func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout"},
		"many headers": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			for i := range 10_000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), "x")
			}
		}, "too_large"},
		"redirect": {func(n int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusTemporaryRedirect)
		}, "redirect"},
		"endless": {func(_ int, w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(y *yard) {
				y.answers(x.respond)
				began := time.Now()
				y.happens("a")
				for y.left(protocol.RowDelivery) == 0 {
					time.Sleep(time.Second)
					synctest.Wait()
				}
				require.LessOrEqual(t, time.Since(began), attemptWait+time.Second)
				log, _ := y.s.Deliveries(siteID, "crm")
				require.Equal(t, x.failure, log[0].Failure)
			})
		})
	}
}

// TestOneAddressDoesNotHoldUpAnother, and a disabled one gets nothing until it is enabled.
func TestOneAddressDoesNotHoldUpAnother(t *testing.T) {
	in(t, func(o *Options) {
		o.Secret = func(protocol.SiteID, string, uint32) []byte { return []byte("crm-1") }
	}, func(y *yard) {
		f := *y.facts
		f.Webhooks = map[string]*protocol.Webhook{
			"crm":  {ID: "crm", URL: "http://crm.example/hook", All: true, Enabled: true, Version: 1},
			"dead": {ID: "dead", URL: "http://dead.example/hook", Events: protocol.OutsideSet(0).With(protocol.OutsideRoomCreated), Enabled: true, Version: 1},
			"deaf": {ID: "deaf", URL: "http://deaf.example/hook", Events: protocol.OutsideSet(0).With(protocol.OutsideProfileSaved), Enabled: true, Version: 1},
			"off":  {ID: "off", URL: "http://off.example/hook", All: true, Version: 1},
		}
		y.mu.Lock()
		y.facts = &f
		y.mu.Unlock()
		hosts := map[string]int{}
		y.answers(func(_ int, w http.ResponseWriter, r *http.Request) {
			y.mu.Lock()
			hosts[r.Host]++
			y.mu.Unlock()
			if r.Host == "dead.example" {
				<-r.Context().Done()
			}
		})
		y.happens("a", "b", "c")
		y.mu.Lock()
		require.Equal(t, map[string]int{"crm.example": 3, "dead.example": 1}, hosts)
		y.mu.Unlock()
	})
}

// TestTheOutboxIsBounded: what comes when it is full is dropped and counted; there is room again when something arrived.
func TestTheOutboxIsBounded(t *testing.T) {
	dropped := 0
	in(t, func(o *Options) { o.OutboxMax = 3; o.Observe.Dropped = func(n int) { dropped += n } }, func(y *yard) {
		y.answers(status(500))
		y.happens("a", "b", "c", "d", "e")
		require.Equal(t, 3, y.left(protocol.RowOutbox))
		require.Equal(t, 2, dropped)
		v, _ := y.s.Status(siteID, "crm")
		require.Equal(t, uint64(2), v.Dropped)
		y.answers(nil)
		y.s.Retry(siteID, "crm")
		synctest.Wait()
		y.happens("f")
		require.Equal(t, "a a b c f", y.heard())
	})
}

// TestWhatWaitsSurvivesARestart, and a stop lets the attempt that runs end.
func TestWhatWaitsSurvivesARestart(t *testing.T) {
	in(t, nil, func(y *yard) {
		y.answers(status(500))
		y.happens("a", "b")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		y.s.Stop(ctx)
		y.forget()
		y.answers(func(int, http.ResponseWriter, *http.Request) { time.Sleep(300 * time.Millisecond) })
		y.s = New(y.o)
		require.NoError(t, y.s.Start())
		time.Sleep(100 * time.Millisecond)
		facts, _ := y.s.Waiting()
		require.Equal(t, int64(2), facts)
		ctx, cancel = context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		y.s.Stop(ctx)
		require.Equal(t, "a", y.heard())
		require.Equal(t, 1, y.left(protocol.RowOutbox), "the one that was sent is settled, the other one waits")
		y.s = New(y.o)
		require.NoError(t, y.s.Start())
		time.Sleep(time.Second)
		require.Equal(t, "a b", y.heard())
	})
}

// TestX25AddressesAreLookedAt when they are saved, however they are written.
func TestX25AddressesAreLookedAt(t *testing.T) {
	for _, bad := range []string{
		"", "crm", "//crm.example", "http://crm.example/hook", "ftp://crm.example", "file:///etc/passwd", "gopher://crm.example", "https://", "https://user:pass@1.1.1.1/",
		"https://1.1.1.1@127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0/",
		"https://10.0.0.1/", "https://172.16.3.4/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://192.0.2.1/",
		"https://0.0.0.0/", "https://224.0.0.1/", "https://255.255.255.255/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/",
		"https://[fe80::1]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://localhost/", "https://1.1.1.1/#x", "https://1.1.1.1 /",
	} {
		require.Error(t, CheckAddress(t.Context(), bad, false), bad)
	}
	for _, good := range []string{"https://1.1.1.1/hook", "https://8.8.8.8:8443/a?b=c", "https://[2606:4700:4700::1111]/"} {
		require.NoError(t, CheckAddress(t.Context(), good, false), good)
	}
	require.NoError(t, CheckAddress(t.Context(), "http://127.0.0.1:9999/hook", true))
	require.Error(t, CheckAddress(t.Context(), "file:///etc/passwd", true))
	require.Error(t, safe(netip.MustParseAddr("::ffff:169.254.169.254")))
}

// TestX25TheDialerLooksAgain: a name that led elsewhere when it was saved reaches nothing, and no connection is made.
func TestX25TheDialerLooksAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s := New(Options{
		Now: time.Now, Secret: func(protocol.SiteID, string, uint32) []byte { return nil },
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} { // localhost stands for a name that was rebound
		w := &protocol.Webhook{ID: "crm", URL: "https://" + host + ":" + port + "/hook", Enabled: true, All: true}
		a, err := s.send(w, siteID, &protocol.OutboxRow{ID: "e_1", Body: []byte("{}")})
		require.Error(t, err)
		require.Equal(t, "address", a.failure, host)
	}
	a, err := s.send(&protocol.Webhook{URL: "http://1.1.1.1/hook"}, siteID, &protocol.OutboxRow{})
	require.Error(t, err)
	require.Equal(t, "address", a.failure, "without TLS nothing is sent")
}

// TestTheSignatureIsThatOfStandardWebhooks: the example of the specification.
func TestTheSignatureIsThatOfStandardWebhooks(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	require.Equal(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretText(secret))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`)))
}
