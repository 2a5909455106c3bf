package versus

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// model is a router in memory: each room is seen and closed delay after it was made, or after the agents came.
type model struct {
	name  string
	delay time.Duration
	fail  error
	heard Heard
	next  atomic.Int64
	come  chan struct{}
}

func (m *model) Name() string { return m.name }
func (m *model) Open(_ context.Context, _ Plan, h Heard) (string, error) {
	m.heard, m.come = h, make(chan struct{})
	return "a model", m.fail
}
func (m *model) Create(context.Context, int) (string, error) {
	id := strconv.FormatInt(m.next.Add(1), 10)
	come := m.come
	go func() {
		<-come
		time.Sleep(m.delay)
		m.heard.Seen(id)
		m.heard.Closed(id)
		m.heard.Closed(id) // twice counts once
	}()
	return id, nil
}
func (m *model) Agents(context.Context) error { close(m.come); return nil }
func (m *model) Close() error                 { return nil }

var small = Plan{Agents: 2, Limit: 2, Flight: 4, Warm: time.Second, Time: 10 * time.Second, Backlog: 100, Pairs: 3}

// TestRatios: in a bubble of virtual time a router that takes 10 ms a room has 100 rooms/s and worker.
func TestRatios(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []Contender{&model{name: "node", delay: 10 * time.Millisecond}, &model{name: "redis", delay: 20 * time.Millisecond},
			&model{name: "rabbitmq", delay: 5 * time.Millisecond}, &model{name: "postgres", fail: ErrMissing}}
		res, err := Compare(t.Context(), small, all, io.Discard)
		require.NoError(t, err)
		byName := map[string]Ratio{}
		for _, r := range res.Ratios {
			byName[r.Name] = r
		}
		assert.InDelta(t, 400, res.Contenders[0].Steady[0].PerSec, 1)
		assert.InDelta(t, 10, res.Contenders[0].Steady[0].P99, 0.01)
		assert.InDelta(t, 2, byName["rooms/s ÷ redis"].Median, 0.02)
		assert.True(t, byName["rooms/s ÷ redis"].Met())
		assert.InDelta(t, 0.5, byName["rooms/s ÷ rabbitmq"].Median, 0.02)
		assert.False(t, byName["rooms/s ÷ rabbitmq"].Met())
		assert.InDelta(t, 2, byName["seen p99 ÷ rabbitmq"].Median, 0.01)
		assert.False(t, byName["seen p99 ÷ rabbitmq"].Met())
		assert.InDelta(t, 0.5, byName["backlog seconds ÷ redis"].Median, 0.01)
		assert.True(t, byName["backlog seconds ÷ redis"].Met())
		assert.NotContains(t, byName, "rooms/s ÷ postgres", "who is missing is not compared")
		assert.NotEmpty(t, res.Contenders[3].Missing)
		res.Print(io.Discard)
	})
}

// TestFailure: a contender that fails ends the comparison with its name, and is no figure.
func TestFailure(t *testing.T) {
	broken := errors.New("broken")
	_, err := Compare(t.Context(), small, []Contender{&model{name: "node", fail: broken}}, io.Discard)
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "node")
}

// TestStandstill: a router that loses a room is found out, not waited for.
func TestStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := Steady(t.Context(), &model{name: "node", delay: time.Minute}, small)
		require.ErrorIs(t, err, errLate)
		time.Sleep(time.Minute) // virtual: the model's goroutines end
	})
}

func TestPlan(t *testing.T) {
	for field, change := range map[string]func(*Plan){
		"agents":  func(p *Plan) { p.Agents = 0 },
		"limit":   func(p *Plan) { p.Limit = 1001 },
		"flight":  func(p *Plan) { p.Flight = 5 },
		"backlog": func(p *Plan) { p.Backlog = -1 },
		"rounds":  func(p *Plan) { p.Pairs = 0 },
		"seconds": func(p *Plan) { p.Time = 0 },
	} {
		p := small
		change(&p)
		assert.ErrorContains(t, p.Validate(), field+":")
	}
	assert.NoError(t, small.Validate())
}
