package load

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"switchyard/bench/target"
	"switchyard/bench/wire"
)

// Scene is a node that a load may use: its site is the load's alone.
type Scene struct {
	API      *target.API
	Site     string
	Password string
	Node     *target.Node   // nil: a given target, of which less can be known
	Clients  []*http.Client // sockets are spread over them
}

// NewScene is the scene of a node's base URL.
func NewScene(base, site, password string, node *target.Node, addresses int) *Scene {
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * connectAtOnce}
	return &Scene{
		API:  &target.API{Base: base, HTTP: &http.Client{Timeout: 20 * time.Second, Transport: transport}},
		Site: site, Password: password, Node: node, Clients: wire.From(addresses),
	}
}

// visitorToken gives a new customer's token.
func (s *Scene) visitorToken(ctx context.Context, uid string) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := s.API.Call(ctx, http.MethodPost, "/v1/sites/"+url.PathEscape(s.Site)+"/visitor-tokens", "", map[string]string{"site_uid": uid}, &out)
	return out.Token, err
}

// connect opens a socket and says hello.
func (s *Scene) connect(ctx context.Context, i int, token string, handle func([]byte)) (*wire.Conn, error) {
	c, err := wire.Dial(ctx, target.Socket(s.API.Base), s.Clients[i%len(s.Clients)], handle)
	if err != nil {
		return nil, err
	}
	if err := c.Hello(ctx, token); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// accounts names agents who take limit rooms each.
func accounts(prefix string, n, limit int) []target.Account {
	all := make([]target.Account, n)
	for i := range all {
		all[i] = target.Account{ID: fmt.Sprintf("%s.%03d", prefix, i+1), Name: fmt.Sprintf("Bench %d", i+1), Limit: limit}
	}
	return all
}

// fresh names a run, so that its customers are no other run's.
func fresh() string { return rand.Text()[:8] }
