package target

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Due is a customer who will need a token.
type Due struct {
	UID string
	At  time.Duration // after the start of the filling
}

// Tokens fetches visitors' tokens before they are needed, in the order in which they
// are needed and at a pace below the node's limit per address, so that no customer
// waits for one. Tokens live about an hour; none is fetched further ahead than Lead.
type Tokens struct {
	api  *API
	site string
	// Gap is the pace; Lead is how far ahead tokens are fetched.
	Gap, Lead time.Duration

	mu      sync.Mutex
	fetched map[string]string
	waiting map[string]chan struct{}
	late    int
}

// NewTokens paces at 40 a second (the contract's starting value is 50) and fetches 20 minutes ahead.
func NewTokens(api *API, site string) *Tokens {
	return &Tokens{api: api, site: site, Gap: 25 * time.Millisecond, Lead: 20 * time.Minute, fetched: map[string]string{}, waiting: map[string]chan struct{}{}}
}

// Fill fetches for a schedule, sorted by At, until it is through or ctx ends.
func (t *Tokens) Fill(ctx context.Context, schedule []Due) error {
	began := time.Now()
	for _, d := range schedule {
		if ahead := time.Until(began.Add(d.At - t.Lead)); ahead > 0 && !pause(ctx, ahead) {
			return ctx.Err()
		}
		token, err := t.fetch(ctx, d.UID)
		if err != nil {
			return err
		}
		t.mu.Lock()
		t.fetched[d.UID] = token
		if c := t.waiting[d.UID]; c != nil {
			close(c)
			delete(t.waiting, d.UID)
		}
		t.mu.Unlock()
		if !pause(ctx, t.Gap) {
			return ctx.Err()
		}
	}
	return nil
}

// HeadStart waits as long as the filling needs to stay ahead of the schedule.
func (t *Tokens) HeadStart(ctx context.Context, schedule []Due) error {
	need := time.Duration(0)
	for i, d := range schedule {
		need = max(need, time.Duration(i+1)*(t.Gap+answerTime)-d.At)
	}
	if need > 0 && !pause(ctx, need) {
		return ctx.Err()
	}
	return nil
}

// answerTime is what a token's request takes beside the pace, generously.
const answerTime = 5 * time.Millisecond

// Get gives a customer's token. It waits for the filling if that is behind; renew fetches a new one.
func (t *Tokens) Get(ctx context.Context, uid string, renew bool) (string, error) {
	if renew {
		return t.fetch(ctx, uid)
	}
	t.mu.Lock()
	token, ok := t.fetched[uid]
	var c chan struct{}
	if !ok {
		t.late++
		if c = t.waiting[uid]; c == nil {
			c = make(chan struct{})
			t.waiting[uid] = c
		}
	}
	t.mu.Unlock()
	if ok {
		return token, nil
	}
	select {
	case <-c:
		return t.Get(ctx, uid, false)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Late counts the customers who had to wait for their token.
func (t *Tokens) Late() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.late
}

func (t *Tokens) fetch(ctx context.Context, uid string) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := t.api.Call(ctx, http.MethodPost, "/v1/sites/"+url.PathEscape(t.site)+"/visitor-tokens", "", map[string]string{"site_uid": uid}, &out)
	return out.Token, err
}
