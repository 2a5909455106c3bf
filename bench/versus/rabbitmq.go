//go:build versus

package versus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"
)

func init() { contenders["rabbitmq"] = func() Contender { return &rabbit{} } }

// rabbit has one quorum queue: a published room is confirmed when the queue's log is synced, and
// each agent consumes with a prefetch of its limit, so the broker hands a room to whoever has a free
// seat, in turn. It closes by the acknowledgement, which AMQP does not answer: the close counts when
// it is sent, which is in the broker's favour.
type rabbit struct {
	server *server
	plan   Plan
	heard  Heard
	url    string
	next   atomic.Uint64
	conns  []*amqp.Connection
	pubs   []*amqp.Channel
}

const rabbitQueue = "rooms"

func (r *rabbit) Name() string { return "rabbitmq" }

func (r *rabbit) Open(ctx context.Context, p Plan, heard Heard) (string, error) {
	r.plan, r.heard, r.conns, r.pubs = p, heard, nil, nil
	binary, err := program("rabbitmq-server", "/usr/lib/rabbitmq/lib/*/sbin", "/usr/lib/rabbitmq/bin")
	if err != nil {
		return "", err
	}
	if found, err := filepath.Glob("/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"); err == nil && len(found) > 0 {
		binary = found[0] // Debian's own on the path is a wrapper that changes the user
	}
	if r.server, _, err = folder("rabbitmq", ""); err != nil {
		return "", err
	}
	var ports [3]int
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return "", err
		}
	}
	dir := r.server.dir
	conf := fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%d\nloopback_users = none\nlog.console.level = warning\n", ports[0])
	if err := os.WriteFile(filepath.Join(dir, "rabbitmq.conf"), []byte(conf), 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "HOME="+dir, "RABBITMQ_NODENAME=switchyard"+strconv.Itoa(ports[0])+"@localhost",
		"RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "rabbitmq.conf"), "RABBITMQ_MNESIA_BASE="+filepath.Join(dir, "db"), "RABBITMQ_LOG_BASE="+filepath.Join(dir, "log"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "plugins"), "RABBITMQ_DIST_PORT="+strconv.Itoa(ports[1]), "ERL_EPMD_PORT="+strconv.Itoa(ports[2]),
		"RABBITMQ_LOGS=-", "RABBITMQ_NODE_PORT="+strconv.Itoa(ports[0]), "RABBITMQ_PID_FILE="+filepath.Join(dir, "pid"), "ERL_EPMD_ADDRESS=127.0.0.1")
	if err := r.server.run(cmd, nil); err != nil {
		return "", err
	}
	r.url = fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", ports[0])
	var first *amqp.Connection
	if err := r.server.ready(ctx, func(context.Context) (err error) { first, err = amqp.Dial(r.url); return err }); err != nil {
		return "", err
	}
	r.conns = append(r.conns, first)
	ch, err := first.Channel()
	if err != nil {
		return "", err
	}
	if _, err := ch.QueueDeclare(rabbitQueue, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		return "", err
	}
	for range p.Flight {
		ch, err := first.Channel()
		if err != nil {
			return "", err
		}
		if err := ch.Confirm(false); err != nil {
			return "", err
		}
		r.pubs = append(r.pubs, ch)
	}
	return fmt.Sprintf("RabbitMQ %v, one quorum queue, prefetch %d, confirms", first.Properties["version"], p.Limit), nil
}

func (r *rabbit) Create(ctx context.Context, worker int) (string, error) {
	room := strconv.FormatUint(r.next.Add(1), 10)
	sent, err := r.pubs[worker].PublishWithDeferredConfirmWithContext(ctx, "", rabbitQueue, true, false,
		amqp.Publishing{DeliveryMode: amqp.Persistent, MessageId: room, Body: []byte(room)})
	if err != nil {
		return "", err
	}
	ok, err := sent.WaitContext(ctx)
	if err == nil && !ok {
		err = errors.New("the broker did not confirm")
	}
	return room, err
}

func (r *rabbit) Agents(ctx context.Context) error {
	for i := range r.plan.Agents {
		conn, err := amqp.Dial(r.url)
		if err != nil {
			return err
		}
		r.conns = append(r.conns, conn)
		ch, err := conn.Channel()
		if err != nil {
			return err
		}
		if err := ch.Qos(r.plan.Limit, 0, false); err != nil {
			return err
		}
		rooms, err := ch.ConsumeWithContext(ctx, rabbitQueue, strconv.Itoa(i), false, false, false, false, nil)
		if err != nil {
			return err
		}
		go func() { // ends when the connection is closed
			for d := range rooms {
				room := string(d.Body)
				r.heard.Seen(room)
				if err := d.Ack(false); err != nil {
					r.heard.Failed(fmt.Errorf("close: %w", err))
					return
				}
				r.heard.Closed(room)
			}
		}()
	}
	return nil
}

func (r *rabbit) Close() error {
	for _, c := range r.conns {
		_ = c.Close() // the server goes next
	}
	return r.server.stop()
}
