//go:build versus

package versus

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func init() { contenders["postgres"] = func() Contender { return &postgres{} } }

// postgres is the router that a team writes first: rooms and agents are tables, a few workers take the
// oldest waiting room and the least loaded agent with FOR UPDATE SKIP LOCKED, agents LISTEN.
type postgres struct {
	server *server
	plan   Plan
	heard  Heard
	url    string
	pool   *pgxpool.Pool
	wake   chan struct{}
	cancel context.CancelFunc
	live   context.Context
	done   sync.WaitGroup
}

// routers is how many workers assign.
const routers = 4

const schema = `
CREATE TABLE agents (id int PRIMARY KEY, load int NOT NULL, most int NOT NULL) WITH (fillfactor = 50);
CREATE TABLE rooms (id bigserial PRIMARY KEY, state smallint NOT NULL DEFAULT 0, agent int, created timestamptz NOT NULL DEFAULT now());
CREATE INDEX waiting ON rooms (id) WHERE state = 0;
CREATE FUNCTION route() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE r bigint; a int;
BEGIN
  SELECT id INTO r FROM rooms WHERE state = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF r IS NULL THEN RETURN NULL; END IF;
  SELECT id INTO a FROM agents WHERE load < most ORDER BY load, id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF a IS NULL THEN RETURN NULL; END IF;
  UPDATE rooms SET state = 1, agent = a WHERE id = r;
  UPDATE agents SET load = load + 1 WHERE id = a;
  PERFORM pg_notify('agent_' || a, r::text);
  RETURN r;
END $$;
CREATE FUNCTION finish(r bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a int;
BEGIN
  UPDATE rooms SET state = 2 WHERE id = r AND state = 1 RETURNING agent INTO a;
  UPDATE agents SET load = load - 1 WHERE id = a;
END $$;`

func (p *postgres) Name() string { return "postgres" }

func (p *postgres) Open(ctx context.Context, plan Plan, heard Heard) (string, error) {
	p.plan, p.heard, p.wake = plan, heard, make(chan struct{}, routers)
	p.live, p.cancel = context.WithCancel(ctx)
	places := "/usr/lib/postgresql/*/bin"
	initdb, err := program("initdb", places)
	if err != nil {
		return "", err
	}
	binary, err := program("postgres", places)
	if err != nil {
		return "", err
	}
	s, cred, err := folder("postgres", "postgres")
	if err != nil {
		return "", err
	}
	p.server = s
	data := filepath.Join(s.dir, "data")
	made := exec.Command(initdb, "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C")
	made.Dir, made.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: cred}
	if out, err := made.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	if err := s.run(exec.Command(binary, "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+s.dir,
		"-c", "max_connections="+strconv.Itoa(plan.Flight+plan.Agents+routers+16), "-c", "shared_buffers=512MB", "-c", "synchronous_commit=on", "-c", "fsync=on"), cred); err != nil {
		return "", err
	}
	p.url = fmt.Sprintf("postgres://bench@127.0.0.1:%d/postgres?sslmode=disable", port)
	conf, err := pgxpool.ParseConfig(p.url + "&pool_max_conns=" + strconv.Itoa(plan.Flight+routers))
	if err != nil {
		return "", err
	}
	if p.pool, err = pgxpool.NewWithConfig(ctx, conf); err != nil {
		return "", err
	}
	if err := s.ready(ctx, p.pool.Ping); err != nil {
		return "", err
	}
	if _, err := p.pool.Exec(ctx, schema); err != nil {
		return "", err
	}
	var version string
	if err := p.pool.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "", err
	}
	for range routers {
		p.done.Go(p.route)
	}
	return fmt.Sprintf("PostgreSQL %s, FOR UPDATE SKIP LOCKED and NOTIFY, %d routers, synchronous_commit on", strings.Fields(version)[0], routers), nil
}

// rouse wakes a router; when all are awake they will look anyway.
func (p *postgres) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *postgres) route() {
	for {
		select {
		case <-p.wake:
		case <-p.live.Done():
			return
		}
		for {
			var room *int64
			err := p.pool.QueryRow(p.live, "SELECT route()").Scan(&room)
			if err != nil {
				if p.live.Err() == nil {
					p.heard.Failed(fmt.Errorf("route: %w", err))
				}
				return
			}
			if room == nil {
				break
			}
		}
	}
}

func (p *postgres) Create(ctx context.Context, _ int) (string, error) {
	var id int64
	if err := p.pool.QueryRow(ctx, "INSERT INTO rooms DEFAULT VALUES RETURNING id").Scan(&id); err != nil {
		return "", err
	}
	p.rouse()
	return strconv.FormatInt(id, 10), nil
}

func (p *postgres) Agents(ctx context.Context) error {
	for i := range p.plan.Agents {
		conn, err := pgx.Connect(ctx, p.url)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "LISTEN agent_"+strconv.Itoa(i)); err != nil {
			return err
		}
		p.done.Go(func() { p.agent(conn) })
		if _, err := p.pool.Exec(ctx, "INSERT INTO agents VALUES ($1, 0, $2)", i, p.plan.Limit); err != nil {
			return err
		}
		p.rouse()
	}
	return nil
}

// agent hears of rooms on its own connection; it closes over the pool.
func (p *postgres) agent(conn *pgx.Conn) {
	defer conn.Close(context.Background())
	for {
		n, err := conn.WaitForNotification(p.live)
		if err != nil {
			if p.live.Err() == nil {
				p.heard.Failed(fmt.Errorf("listen: %w", err))
			}
			return
		}
		p.heard.Seen(n.Payload)
		p.done.Go(func() { // as many at a time as the agent has seats
			id, err := strconv.ParseInt(n.Payload, 10, 64)
			if err == nil {
				_, err = p.pool.Exec(p.live, "SELECT finish($1)", id)
			}
			if err != nil {
				if p.live.Err() == nil {
					p.heard.Failed(fmt.Errorf("close: %w", err))
				}
				return
			}
			p.heard.Closed(n.Payload)
			p.rouse()
		})
	}
}

func (p *postgres) Close() error {
	p.cancel()
	p.done.Wait()
	if p.pool != nil {
		p.pool.Close()
	}
	return p.server.stop()
}
