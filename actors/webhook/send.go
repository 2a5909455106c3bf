package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchyard/protocol"
)

// answer is what an attempt came to. Of a receiver's answer nothing but the status is kept.
type answer struct {
	status     int
	failure    string // "" = it arrived
	retryAfter time.Duration
}

func (a answer) result() string {
	if a.failure == "" {
		return "ok"
	}
	return a.failure
}

var errFailed = errors.New("the fact did not arrive")

// SecretText is how a secret is shown and how receivers' libraries read it.
func SecretText(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }

// Sign is the signature of a fact, as Standard Webhooks has it: HMAC-SHA256 over id, timestamp and body.
func Sign(secret []byte, id string, at int64, body []byte) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s.%d.", id, at)
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// send makes one attempt. An error is errFailed, and the answer says why.
func (s *Sender) send(w *protocol.Webhook, site protocol.SiteID, fact *protocol.OutboxRow) (answer, error) {
	if !s.o.Private && !strings.HasPrefix(w.URL, "https://") {
		return answer{failure: "address"}, errFailed
	}
	ctx, cancel := context.WithTimeout(s.ctx, attemptWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(fact.Body))
	if err != nil {
		return answer{failure: "address"}, errFailed
	}
	at := s.o.Now().Unix()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Switchyard-Webhook/1")
	r.Header.Set("webhook-id", fact.ID)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at, 10))
	r.Header.Set("webhook-signature", Sign(s.o.Secret(site, w.ID, w.Version), fact.ID, at, fact.Body))
	res, err := s.http.Do(r)
	if err != nil {
		return answer{failure: failureOf(err)}, errFailed
	}
	// A short answer is read so that the connection can be used again; nobody waits for a long one.
	if res.ContentLength >= 0 && res.ContentLength <= 4096 {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096))
	}
	res.Body.Close()
	a := answer{status: res.StatusCode}
	switch {
	case res.StatusCode/100 == 2:
		return a, nil
	case res.StatusCode/100 == 3: // whom a redirect leads to nobody has looked at
		a.failure = "redirect"
	default:
		a.failure = "status"
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 && n < 1<<20 {
			a.retryAfter = time.Duration(n) * time.Second
		}
	}
	return a, errFailed
}

func failureOf(err error) string {
	var name *net.DNSError
	var alert tls.AlertError
	var verify *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.Is(err, errGuard):
		return "address"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &name):
		return "name"
	case errors.As(err, &alert), errors.As(err, &verify), strings.Contains(err.Error(), "tls: "):
		return "tls"
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return "too_large"
	}
	return "connection"
}
