package ceiling

import (
	"context"
	"net/http"
	"time"

	"switchyard/bench/wire"
)

// Upgrades opens sockets one after the other and closes each; sockets per second.
func Upgrades(ctx context.Context, url string, clients []*http.Client, d time.Duration) (float64, error) {
	began, n := time.Now(), 0
	for time.Since(began) < d && ctx.Err() == nil {
		c, err := wire.Dial(ctx, url, clients[n%len(clients)], nil)
		if err != nil {
			return 0, err
		}
		c.Close()
		n++
	}
	return float64(n) / time.Since(began).Seconds(), ctx.Err()
}
