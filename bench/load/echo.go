package load

import (
	"context"
	"net/http"

	"switchyard/bench/wire"
)

// connectAtOnce is how many sockets a load opens at a time.
const connectAtOnce = 32

// Echo opens sockets to the raw echo, ready to send the frames a chat sends.
func Echo(ctx context.Context, url string, connections int, text []byte, clients []*http.Client) (*Flood, error) {
	f := newFlood()
	for range connections {
		f.add(text)
	}
	err := each(ctx, connections, connectAtOnce, func(ctx context.Context, i int) (err error) {
		s := f.senders[i]
		s.conn, err = wire.Dial(ctx, url, clients[i%len(clients)], s.heard)
		return err
	})
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// FrameBytes is the length of the frames.
func (f *Flood) FrameBytes() int { return len(f.senders[0].frame(nil, 1)) }

// Clients are HTTP clients that leave from so many loopback addresses.
func Clients(addresses int) []*http.Client { return wire.From(addresses) }
