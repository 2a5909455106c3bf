package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// config is what an operator may say. It comes from the defaults, then a file, then the
// environment (SWITCHYARD_…), then flags; "switchyard config" prints each value and where it
// came from.
type config struct {
	Data      string   // where the store and the keys lie
	Listen    string   // public address: pages, API, socket
	OpsListen string   // operations address: metrics, health, profiles
	Demo      bool     // make and serve the demo site
	Shards    int      // of a new store
	Resident  int      // rooms in memory at most
	CacheMB   int      // of the store: its memtables and what was read last
	LogLevel  string   // debug, info, warn, error
	LogFormat string   // json or text
	Origins   []string // exact origins of our own pages behind a proxy
	Hosts     []string // Host values served; empty = all
	Proxies   []string // networks whose X-Forwarded-For is believed
	TLSCert   string
	TLSKey    string
	DrainSec  int            // seconds of the goaway window
	ReserveMB int            // free space below which no new room is taken
	BallastMB int            // size of the file that is given up when the disk is full
	Limits    map[string]int // of the gateway, by option; see limits.go

	disk vfs.FS // of the store and the uploads; nil = the real one. No option: tests have theirs in memory

	WebhookPrivate bool // webhooks may use http and reach addresses of the own network
}

// option is one name of the configuration.
type option struct {
	name    string
	initial any
	help    string
}

var options = append([]option{
	{"data", "data", "folder of the store and the keys"},
	{"listen", "127.0.0.1:8080", "public address: pages, API, socket"},
	{"ops-listen", "127.0.0.1:8081", "operations address: /metrics, /livez, /readyz, /startupz, profiles"},
	{"demo", false, "make and serve the site \"demo\" with accounts admin, manager, agent1 … agent3"},
	{"shards", 64, "shards of a new store, 1-65535; an existing store keeps its number"},
	{"resident-rooms", 200_000, "rooms in memory at most; more are read again when somebody speaks to them"},
	{"store-cache-mb", 512, "memory of the store in MB, 192-1048576: what was written last, and what was read last"},
	{"log-level", "info", "debug, info, warn or error"},
	{"log-format", "json", "json or text"},
	{"origins", "", "exact origins of this node's own pages, comma separated, where a proxy changes the host"},
	{"hosts", "", "Host values that are served, comma separated; empty = all"},
	{"trusted-proxies", "", "networks whose X-Forwarded-For is believed, comma separated (10.0.0.0/8)"},
	{"tls-cert", "", "certificate file; with tls-key the public address speaks TLS"},
	{"tls-key", "", "key file of the certificate"},
	{"disk-reserve-mb", 512, "free space in MB below which new rooms are refused; below a quarter of it everything is"},
	{"disk-ballast-mb", 16, "size in MB of a file that is given up when the disk is full, 0-1024; 0 = none"},
	{"webhook-private", false, "webhooks may use http and reach loopback and private addresses: for tests and demonstrations"},
	{"drain-seconds", 8, "window in which clients are asked to move at a shutdown, 0-60"},
}, limitOptions()...)

// origin is a value with the layer that set it.
type origin struct {
	value any
	from  string
}

// loadConfig reads all layers. args are the flags after the subcommand.
func loadConfig(name string, args []string, environ []string, out io.Writer) (config, map[string]origin, error) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(out)
	path := fs.String("config", "", "configuration file (YAML) with the same names")
	for _, o := range options {
		switch v := o.initial.(type) {
		case string:
			fs.String(o.name, v, o.help)
		case bool:
			fs.Bool(o.name, v, o.help)
		case int:
			fs.Int(o.name, v, o.help)
		}
	}
	if err := fs.Parse(args); err != nil {
		return config{}, nil, err
	}
	if fs.NArg() > 0 {
		return config{}, nil, fmt.Errorf("%s takes no argument %q", name, fs.Arg(0))
	}
	initial := map[string]any{}
	for _, o := range options {
		initial[o.name] = o.initial
	}
	flags := map[string]any{}
	fs.Visit(func(f *flag.Flag) {
		if f.Name != "config" {
			flags[f.Name] = f.Value.String()
		}
	})
	all, origins := koanf.New("/"), map[string]origin{}
	layer := func(from string, p koanf.Provider, parser koanf.Parser) error {
		k := koanf.New("/")
		if err := k.Load(p, parser); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		for _, name := range k.Keys() {
			if !slices.ContainsFunc(options, func(o option) bool { return o.name == name }) {
				return fmt.Errorf("%s: %q is not an option", from, name)
			}
			origins[name] = origin{k.Get(name), from}
		}
		return all.Merge(k)
	}
	if err := layer("default", confmap.Provider(initial, "/"), nil); err != nil {
		return config{}, nil, err
	}
	if *path != "" {
		if err := layer("file "+*path, file.Provider(*path), yaml.Parser()); err != nil {
			return config{}, nil, err
		}
	}
	known := env.Provider("/", env.Opt{Prefix: "SWITCHYARD_", EnvironFunc: func() []string { return environ }, TransformFunc: func(k, v string) (string, any) {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(k, "SWITCHYARD_")), "_", "-")
		if name == "demo-password" {
			return "", nil // read where it is used, and never shown
		}
		return name, v
	}})
	if err := layer("environment", known, nil); err != nil {
		return config{}, nil, err
	}
	if err := layer("flag", confmap.Provider(flags, "/"), nil); err != nil {
		return config{}, nil, err
	}
	c := config{
		Data: all.String("data"), Listen: all.String("listen"), OpsListen: all.String("ops-listen"), Demo: all.Bool("demo"),
		Shards: all.Int("shards"), Resident: all.Int("resident-rooms"), CacheMB: all.Int("store-cache-mb"), LogLevel: all.String("log-level"), LogFormat: all.String("log-format"),
		Origins: list(all.String("origins")), Hosts: list(all.String("hosts")), Proxies: list(all.String("trusted-proxies")),
		TLSCert: all.String("tls-cert"), TLSKey: all.String("tls-key"), DrainSec: all.Int("drain-seconds"),
		ReserveMB: all.Int("disk-reserve-mb"), BallastMB: all.Int("disk-ballast-mb"), WebhookPrivate: all.Bool("webhook-private"),
		Limits: map[string]int{},
	}
	for _, l := range limits {
		c.Limits[l.option] = all.Int(l.option)
	}
	return c, origins, c.validate()
}

func list(s string) []string {
	var all []string
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// validate checks every relation and tells all complaints at once.
func (c config) validate() error {
	var bad []string
	complain := func(ok bool, format string, a ...any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(format, a...))
		}
	}
	complain(c.Data != "", "data: is empty")
	for name, addr := range map[string]string{"listen": c.Listen, "ops-listen": c.OpsListen} {
		_, _, err := net.SplitHostPort(addr)
		complain(err == nil, "%s: %q is not host:port", name, addr)
	}
	complain(c.Shards >= 1 && c.Shards <= 65535, "shards: must be 1 to 65535")
	complain(c.Resident >= 1000, "resident-rooms: must be at least 1000")
	complain(c.CacheMB >= 192 && c.CacheMB <= 1<<20, "store-cache-mb: must be 192 to 1048576")
	complain(slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "log-level: must be debug, info, warn or error")
	complain(c.LogFormat == "json" || c.LogFormat == "text", "log-format: must be json or text")
	complain((c.TLSCert == "") == (c.TLSKey == ""), "tls-cert and tls-key go together")
	complain(c.DrainSec >= 0 && c.DrainSec <= 60, "drain-seconds: must be 0 to 60")
	complain(c.ReserveMB >= 0, "disk-reserve-mb: must not be negative")
	complain(c.BallastMB >= 0 && c.BallastMB <= 1024, "disk-ballast-mb: must be 0 to 1024")
	for name, n := range c.Limits {
		why := validateLimit(name, n)
		complain(why == "", "%s", why)
	}
	for _, p := range c.Proxies {
		_, err := netip.ParsePrefix(p)
		complain(err == nil, "trusted-proxies: %q is not a network", p)
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return fmt.Errorf("configuration: %s", strings.Join(bad, "; "))
	}
	return nil
}

// printConfig is "switchyard config".
func printConfig(w io.Writer, origins map[string]origin) {
	for _, o := range options {
		v := origins[o.name]
		fmt.Fprintf(w, "%-25s %-24v %s\n", o.name, v.value, v.from)
	}
}

func environ() []string { return os.Environ() }
