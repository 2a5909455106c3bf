package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
)

// TestConfigLayers: defaults, then a file, then the environment, then flags; each value knows where it came from.
func TestConfigLayers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "switchyard.yaml")
	require.NoError(t, os.WriteFile(file, []byte("listen: 127.0.0.1:1\ndata: from-file\nshards: 8\n"), 0o600))
	environ := []string{"SWITCHYARD_DATA=from-env", "SWITCHYARD_RESIDENT_ROOMS=5000", "SWITCHYARD_DEMO_PASSWORD=secret", "HOME=/"}
	cfg, origins, err := loadConfig("serve", []string{"-config", file, "-data", "from-flag"}, environ, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "from-flag", cfg.Data)
	require.Equal(t, "127.0.0.1:1", cfg.Listen)
	require.Equal(t, 8, cfg.Shards)
	require.Equal(t, 5000, cfg.Resident)
	require.Equal(t, "127.0.0.1:8081", cfg.OpsListen)
	require.Equal(t, "flag", origins["data"].from)
	require.Equal(t, "environment", origins["resident-rooms"].from)
	require.Equal(t, "file "+file, origins["listen"].from)
	require.Equal(t, "default", origins["ops-listen"].from)
	var out bytes.Buffer
	printConfig(&out, origins)
	require.Equal(t, len(options), strings.Count(out.String(), "\n"))
	require.NotContains(t, out.String(), "secret")
}

// TestConfigComplaints: a bad value names its option, an unknown name is an error, and all complaints come at once.
func TestConfigComplaints(t *testing.T) {
	for name, c := range map[string]struct {
		args, environ []string
		want          []string
	}{
		"all at once":    {args: []string{"-listen", "nowhere", "-shards", "0", "-log-level", "loud"}, want: []string{"listen", "shards", "log-level"}},
		"limits":         {args: []string{"-limit-visitor-messages", "0", "-limit-handshakes", "1000001"}, want: []string{"limit-visitor-messages", "limit-handshakes"}},
		"half of tls":    {args: []string{"-tls-cert", "x"}, want: []string{"tls-cert"}},
		"proxies":        {args: []string{"-trusted-proxies", "10.0.0.0/8,ten"}, want: []string{"trusted-proxies", "ten"}},
		"unknown flag":   {args: []string{"-colour", "red"}, want: []string{"colour"}},
		"unknown in env": {environ: []string{"SWITCHYARD_COLOUR=red"}, want: []string{"environment", "colour"}},
		"an argument":    {args: []string{"now"}, want: []string{"now"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := loadConfig("serve", c.args, c.environ, io.Discard)
			require.Error(t, err)
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

// TestKeyFile: made once for this user only, the same afterwards, and refused when others can read it.
func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "visitor.key")
	key, err := keyFile(path, 32)
	require.NoError(t, err)
	require.Len(t, key, 32)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := keyFile(path, 32)
	require.NoError(t, err)
	require.Equal(t, key, again)
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = keyFile(path, 32)
	require.ErrorContains(t, err, "600")
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = keyFile(path, 16)
	require.ErrorContains(t, err, "32 bytes")
}

// TestUsage: what is not a command is said so.
func TestUsage(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(nil, &out, io.Discard))
	require.Contains(t, out.String(), "switchyard serve")
	require.ErrorContains(t, run([]string{"fly"}, io.Discard, io.Discard), "fly")
	require.ErrorContains(t, run([]string{"site", "create"}, io.Discard, io.Discard), "-site")
	require.Error(t, run([]string{"health", "-url", "http://127.0.0.1:1/readyz"}, io.Discard, io.Discard))
}

// TestLimitsReachTheGateway: what an operator sets is what the gateway holds, every limit has the
// gateway's default, and none can be switched off.
func TestLimitsReachTheGateway(t *testing.T) {
	args := []string{}
	for i, l := range limits {
		args = append(args, "-"+l.option, strconv.Itoa(i+11))
	}
	cfg, _, err := loadConfig("serve", args, nil, io.Discard)
	require.NoError(t, err)
	gc := gateway.DefaultConfig()
	for i, l := range limits {
		require.Positive(t, l.get(&gc), l.option)
		l.set(&gc, cfg.Limits[l.option])
		require.Equal(t, i+11, l.get(&gc), l.option)
		require.NotEmpty(t, validateLimit(l.option, 0), l.option)
	}
	plain, _, err := loadConfig("serve", nil, nil, io.Discard)
	require.NoError(t, err)
	fresh := gateway.DefaultConfig()
	for _, l := range limits {
		require.Equal(t, l.get(&fresh), plain.Limits[l.option], l.option)
	}
}
