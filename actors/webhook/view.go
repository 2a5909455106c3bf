package webhook

import (
	"cmp"
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"

	"switchyard/protocol"
)

// Status is how an address does.
func (s *Sender) Status(site protocol.SiteID, webhook string) (protocol.WebhookStatus, error) {
	prefix := protocol.WebhookRowKey(site, webhook)
	var v protocol.WebhookStatus
	var err error
	if v.Pending, err = s.count(site, protocol.RowOutbox, prefix, scanMax); err != nil {
		return v, err
	}
	err = s.o.Rows(site, protocol.RowOutbox, prefix, nil, 1, func(_, value []byte) error {
		fact, err := protocol.DecodeOutbox(value)
		v.Oldest = fact.At
		return err
	})
	if err != nil {
		return v, err
	}
	if v.GivenUp, err = s.count(site, protocol.RowGivenUp, prefix, s.o.GivenUpMax+1); err != nil {
		return v, err
	}
	t := s.target(name{site, webhook})
	t.mu.Lock()
	defer t.mu.Unlock()
	v.Dropped, v.Failures = t.dropped, t.failures
	v.Breaker = map[gobreaker.State]string{gobreaker.StateClosed: "closed", gobreaker.StateHalfOpen: "half-open", gobreaker.StateOpen: "open"}[t.breaker.State()]
	if !t.retry.IsZero() {
		v.Retry = protocol.At(t.retry)
	}
	return v, nil
}

// Deliveries are the last attempts of an address, newest first.
func (s *Sender) Deliveries(site protocol.SiteID, webhook string) (all []protocol.DeliveryRow, err error) {
	err = s.o.Rows(site, protocol.RowDelivery, protocol.WebhookRowKey(site, webhook), nil, protocol.DeliveriesMax, func(_, v []byte) error {
		d, err := protocol.DecodeDelivery(v)
		all = append(all, d)
		return err
	})
	slices.SortFunc(all, func(a, b protocol.DeliveryRow) int { return cmp.Compare(b.Number, a.Number) })
	return all, err
}

// GivenUp are the facts of an address that were given up, oldest first.
func (s *Sender) GivenUp(site protocol.SiteID, webhook string) (all []protocol.OutboxRow, err error) {
	err = s.o.Rows(site, protocol.RowGivenUp, protocol.WebhookRowKey(site, webhook), nil, s.o.GivenUpMax, func(_, v []byte) error {
		fact, err := protocol.DecodeOutbox(v)
		all = append(all, fact)
		return err
	})
	return all, err
}

// Resend puts a fact that was given up into the outbox again, or all of them ("" = all), and tries the address now.
// It gives how many there were.
func (s *Sender) Resend(site protocol.SiteID, webhook, fact string) (int, error) {
	var rows []protocol.Row
	n := 0
	err := s.o.Rows(site, protocol.RowGivenUp, protocol.WebhookRowKey(site, webhook), nil, s.o.GivenUpMax, func(k, v []byte) error {
		f, err := protocol.DecodeOutbox(v)
		if err != nil || fact != "" && f.ID != fact {
			return err
		}
		key := append([]byte(nil), k...)
		f.Attempts, f.Status, f.Failure, f.GaveUp = 0, 0, "", 0
		rows = append(rows, protocol.Row{Kind: protocol.RowGivenUp, Key: key}, protocol.Row{Kind: protocol.RowOutbox, Key: key, Value: protocol.AppendOutbox(nil, &f)})
		n++
		return nil
	})
	if err != nil || n == 0 {
		return 0, err
	}
	s.rows(site).Add(int64(n))
	s.o.Commit(site, rows)
	s.Retry(site, webhook)
	return n, nil
}

// Waiting is how many facts of all sites wait, and how old the oldest is that an address holds up.
func (s *Sender) Waiting() (facts int64, oldest time.Duration) {
	s.waiting.Range(func(_, n any) bool {
		facts += n.(interface{ Load() int64 }).Load()
		return true
	})
	s.mu.Lock()
	all := make([]*target, 0, len(s.targets))
	for _, t := range s.targets {
		all = append(all, t)
	}
	s.mu.Unlock()
	now := s.o.Now()
	for _, t := range all {
		t.mu.Lock()
		if t.oldest != 0 {
			oldest = max(oldest, now.Sub(t.oldest.Time()))
		}
		t.mu.Unlock()
	}
	return facts, oldest
}
