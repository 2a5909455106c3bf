//go:build versus

package versus

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/redis/go-redis/v9"
)

func init() { contenders["redis"] = func() Contender { return &redisRouter{} } }

// redisRouter keeps rooms, loads and the line in Redis; scripts make each step one atomic act.
// appendfsync is always: an answer is sent after the append-only file is synced.
type redisRouter struct {
	server *server
	plan   Plan
	heard  Heard
	db     *redis.Client
	ends   []func() error
}

// create: the room, then the least loaded agent with a free seat, or the end of the line.
var redisCreate = redis.NewScript(`
local id = redis.call('INCR', 'room')
local best = redis.call('ZRANGE', 'agents', 0, 0, 'WITHSCORES')
if best[1] and tonumber(best[2]) < tonumber(ARGV[1]) then
  redis.call('ZINCRBY', 'agents', 1, best[1])
  redis.call('HSET', 'room:' .. id, 'state', 'received', 'agent', best[1])
  redis.call('PUBLISH', 'agent:' .. best[1], id)
else
  redis.call('HSET', 'room:' .. id, 'state', 'waiting')
  redis.call('RPUSH', 'line', id)
end
return id`)

// come: an agent comes and takes what it may of the line.
var redisCome = redis.NewScript(`
redis.call('ZADD', 'agents', 0, ARGV[2])
for i = 1, tonumber(ARGV[1]) do
  local id = redis.call('LPOP', 'line')
  if not id then return 0 end
  redis.call('ZINCRBY', 'agents', 1, ARGV[2])
  redis.call('HSET', 'room:' .. id, 'state', 'received', 'agent', ARGV[2])
  redis.call('PUBLISH', 'agent:' .. ARGV[2], id)
end
return 1`)

// close: the seat goes to the next of the line, or back.
var redisClose = redis.NewScript(`
redis.call('HSET', 'room:' .. ARGV[2], 'state', 'closed')
local id = redis.call('LPOP', 'line')
if not id then
  redis.call('ZINCRBY', 'agents', -1, ARGV[1])
  return 0
end
redis.call('HSET', 'room:' .. id, 'state', 'received', 'agent', ARGV[1])
redis.call('PUBLISH', 'agent:' .. ARGV[1], id)
return 1`)

func (r *redisRouter) Name() string { return "redis" }

func (r *redisRouter) Open(ctx context.Context, p Plan, heard Heard) (string, error) {
	r.plan, r.heard, r.ends = p, heard, nil
	binary, err := program("redis-server")
	if err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	s, _, err := folder("redis", "")
	if err != nil {
		return "", err
	}
	r.server = s
	cmd := exec.Command(binary, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--unixsocket", filepath.Join(s.dir, "s"), "--daemonize", "no")
	if err := s.run(cmd, nil); err != nil {
		return "", err
	}
	r.db = redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(port), PoolSize: p.Flight + p.Agents, MinIdleConns: p.Flight, MaxRetries: -1})
	r.ends = append(r.ends, r.db.Close)
	if err := s.ready(ctx, func(ctx context.Context) error { return r.db.Ping(ctx).Err() }); err != nil {
		return "", err
	}
	for _, script := range []*redis.Script{redisCreate, redisCome, redisClose} {
		if err := script.Load(ctx, r.db).Err(); err != nil {
			return "", err
		}
	}
	info, err := r.db.InfoMap(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	return "Redis " + info["Server"]["redis_version"] + ", Lua, appendfsync always", nil
}

func (r *redisRouter) Create(ctx context.Context, _ int) (string, error) {
	id, err := redisCreate.EvalSha(ctx, r.db, nil, r.plan.Limit).Int64()
	return strconv.FormatInt(id, 10), err
}

func (r *redisRouter) Agents(ctx context.Context) error {
	for i := range r.plan.Agents {
		name := strconv.Itoa(i)
		sub := r.db.Subscribe(ctx, "agent:"+name)
		r.ends = append(r.ends, sub.Close)
		if _, err := sub.Receive(ctx); err != nil {
			return err
		}
		go r.agent(ctx, name, sub.Channel(redis.WithChannelSize(r.plan.Limit+8))) // ends when sub is closed
		if err := redisCome.EvalSha(ctx, r.db, nil, r.plan.Limit, name).Err(); err != nil {
			return err
		}
	}
	return nil
}

func (r *redisRouter) agent(ctx context.Context, name string, rooms <-chan *redis.Message) {
	for m := range rooms {
		room := m.Payload
		r.heard.Seen(room)
		go func() { // as many at a time as the agent has seats
			if err := redisClose.EvalSha(ctx, r.db, nil, name, room).Err(); err != nil {
				r.heard.Failed(fmt.Errorf("close: %w", err))
				return
			}
			r.heard.Closed(room)
		}()
	}
}

func (r *redisRouter) Close() error {
	var err error
	for i := len(r.ends) - 1; i >= 0; i-- {
		err = errors.Join(err, r.ends[i]())
	}
	return errors.Join(err, r.server.stop())
}
