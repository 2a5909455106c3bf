package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// answerBytesMax bounds what an answer may hold.
	answerBytesMax = 1 << 20
	// tryMax is how long a call is tried again while the node is away or asks for patience.
	tryMax = 60 * time.Second
	// retryLeast is the wait before another try where the node names none.
	retryLeast = 200 * time.Millisecond
)

// Problem is a refusal of the HTTP surface.
type Problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Text    string `json:"text_en"`
	Field   string `json:"field"`
	RetryMS int    `json:"retry_ms"`
}

func (p *Problem) Error() string {
	field := ""
	if p.Field != "" {
		field = " (" + p.Field + ")"
	}
	return fmt.Sprintf("HTTP %d %s%s: %s", p.Status, p.Code, field, p.Text)
}

// API calls one node.
type API struct {
	Base string
	HTTP *http.Client
}

// Call sends a JSON body and reads a JSON answer; in and out may be nil. While the node
// cannot be reached, asks for patience (429) or is not ready (503), it tries again, for a
// minute at most: writes of a load are made so that doing them twice does no harm.
func (a *API) Call(ctx context.Context, method, path, token string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	limit := time.Now().Add(tryMax)
	for {
		err := a.once(ctx, method, path, token, body, in != nil, out)
		wait, again := patience(err)
		if !again || ctx.Err() != nil || time.Now().Add(wait).After(limit) {
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			return nil
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// patience says whether a call may be tried again, and after how long.
func patience(err error) (time.Duration, bool) {
	var p *Problem
	var away *url.Error
	switch {
	case errors.As(err, &p):
		wait := max(time.Duration(p.RetryMS)*time.Millisecond, retryLeast)
		return wait, p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	case errors.As(err, &away):
		return retryLeast, true
	}
	return 0, false
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (a *API) once(ctx context.Context, method, path, token string, body []byte, send bool, out any) error {
	var payload io.Reader
	if send {
		payload = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.Base+path, payload)
	if err != nil {
		return err
	}
	if send {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := a.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerBytesMax))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		p := &Problem{Status: resp.StatusCode}
		_ = json.Unmarshal(answer, p) // a proxy's answer has no members; the status says enough
		p.Status = resp.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// Login opens a session and gives its token.
func (a *API) Login(ctx context.Context, site, account, password string) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := a.Call(ctx, http.MethodPost, "/v1/sessions", "", map[string]string{"site": site, "account": account, "password": password}, &out)
	return out.Token, err
}
