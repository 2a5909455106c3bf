package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// cutter is a client of the contract that handles its line byte by byte: it keeps what it has applied and what was acknowledged,
// and after each cut it resumes and sends again what was not (protocol.md section 3).
type cutter struct {
	w       *world
	token   string
	epoch   string
	stream  string
	applied uint64            // seq
	heard   []string          // texts, in their order
	at      map[uint64]string // seq -> message id
	acks    map[string]uint64 // message id -> seq
	acked   int               // messages
	repeats int               // answers marked as duplicates
	ids     int
	lines   int
}

// line is one socket of the cutter.
type line struct {
	c *cutter
	net.Conn
	r *bufio.Reader
}

// text is a masked text frame; the mask is zero.
func textFrame(payload string) []byte {
	b := []byte{0x81}
	if len(payload) < 126 {
		b = append(b, 0x80|byte(len(payload)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(len(payload)))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// next reads one frame; nil where the line ends, also in the middle of a frame.
func next(r io.Reader) []byte {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return nil
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return nil
		}
		n = int(binary.BigEndian.Uint16(head[2:]))
	}
	p := make([]byte, n)
	if _, err := io.ReadFull(r, p); err != nil {
		return nil
	}
	return p
}

// open connects, says hello with what it has, and applies what is replayed.
func (c *cutter) open() *line {
	conn, err := c.w.net.Load().dial()
	require.NoError(c.w.t, err)
	l := &line{c: c, Conn: conn, r: bufio.NewReaderSize(conn, 512)}
	c.lines++
	_, err = io.WriteString(conn, "GET /v1/ws HTTP/1.1\r\nHost: acme.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: switchyard.v1.json\r\n\r\n")
	require.NoError(c.w.t, err)
	res, err := http.ReadResponse(l.r, nil)
	require.NoError(c.w.t, err)
	require.Equal(c.w.t, 101, res.StatusCode)
	resume := ""
	if c.stream != "" {
		resume = fmt.Sprintf(`,"resume":{"epoch":%q,"streams":{%q:%d}}`, c.epoch, c.stream, c.applied)
	}
	_, err = conn.Write(textFrame(fmt.Sprintf(`{"type":"hello","id":"h","data":{"token":%q%s}}`, c.token, resume)))
	require.NoError(c.w.t, err)
	for kind := ""; kind != "stream.live" && (c.stream != "" || kind != "welcome"); {
		p := next(l.r)
		require.NotNil(c.w.t, p, "the node closed the line")
		kind = c.take(p)
	}
	return l
}

// take applies one frame and gives its type.
func (c *cutter) take(p []byte) string {
	var f struct {
		Type, Stream string
		Seq          uint64
		Data         struct {
			Epoch, Room, Text string
			MessageID         string `json:"message_id"`
			ClientID          string `json:"client_id"`
			Seq               uint64
			Duplicate         bool
		}
	}
	require.NoError(c.w.t, json.Unmarshal(p, &f))
	switch {
	case f.Type == "welcome":
		c.epoch = f.Data.Epoch
	case f.Type == "ok" && f.Data.Room != "":
		c.stream = "room/" + f.Data.Room
	case f.Type == "ok":
		if f.Data.Duplicate {
			c.repeats++
		}
		if seq, known := c.acks[f.Data.MessageID]; known {
			require.Equal(c.w.t, seq, f.Data.Seq, "two answers to one write")
		}
		c.acks[f.Data.MessageID] = f.Data.Seq
		c.acked++
	case f.Type == "error" || f.Type == "stream.reset" || f.Type == "stream.gone":
		c.w.t.Fatalf("%s", p)
	case f.Seq > 0:
		require.Equal(c.w.t, c.applied+1, f.Seq, "a gap or a double: %s", p)
		c.applied = f.Seq
		if f.Type == "message.new" && f.Data.ClientID != "" {
			c.heard = append(c.heard, f.Data.Text)
			c.at[f.Seq] = f.Data.MessageID
		}
	}
	return f.Type
}

// send gives the bytes of message n, with an id of this socket.
func (c *cutter) send(n int) []byte {
	c.ids++
	return textFrame(fmt.Sprintf(`{"type":"message.send","id":"%d","stream":"%s","data":{"client_id":"m-%08d","kind":"text","text":"%d"}}`, c.ids, c.stream, n, n))
}

var cutSends = flag.Int("cut.sends", 5, "messages that are cut at every byte, some 285 sockets each; make test takes 100")

// Conformance 5: a run of 100 sends whose socket is cut at every byte: of each message on its way to the node, and of what comes
// back, until it is acknowledged. Every acknowledged message is there once and in order; none is lost, none doubled.
func TestConformance05ASocketCutAtEveryByte(t *testing.T) {
	sends := *cutSends
	inBubble(t, quick, func(w *world) {
		c := &cutter{w: w, token: w.visitor("cut"), at: map[uint64]string{}, acks: map[string]uint64{}}
		l := c.open()
		_, err := l.Write(textFrame(`{"type":"room.start","id":"1","data":{"client_id":"start-0001"}}`))
		require.NoError(w.t, err)
		for c.stream == "" {
			c.take(next(l.r))
		}
		l.Close()
		cuts := 0
		for n := range sends {
			for k := 0; ; k++ { // on the way to the node
				l := c.open()
				frame := c.send(n)
				if k == len(frame) {
					l.Close()
					break
				}
				_, err := l.Write(frame[:k])
				require.NoError(w.t, err)
				l.Close()
				cuts++
			}
			require.NotContains(w.t, c.heard, fmt.Sprint(n), "half a message was taken for one")
			for back := int64(0); c.acked == n; back++ { // and on the way back
				l := c.open()
				_, err := l.Write(c.send(n))
				require.NoError(w.t, err)
				for left := (&io.LimitedReader{R: l.r, N: back}); left.N > 0; {
					if p := next(left); p != nil {
						c.take(p)
					}
				}
				l.Close()
				cuts++
			}
		}
		c.open().Close()
		require.Equal(w.t, numbered("%d", sends), c.heard)
		require.Len(w.t, c.acks, sends)
		for id, seq := range c.acks {
			require.Equal(w.t, id, c.at[seq], "acknowledged, and not there as acknowledged")
		}
		require.Greater(w.t, c.repeats, sends/2)
		w.t.Logf("%d sends, %d cuts, %d sockets, %d answers were repeats", sends, cuts, c.lines, c.repeats)
	})
}
