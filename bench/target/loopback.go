package target

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Base checks a target's base URL. Loads are for the machine they run on: unless
// remote is allowed, the host must be a loopback address or localhost.
func Base(target string, allowRemote bool) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", fmt.Errorf("target: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("target %q is not a base URL like http://127.0.0.1:8080", target)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if !allowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("target %q is not a loopback address; --allow-remote lets a load go there", target)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Socket is the address of the socket of a base URL.
func Socket(base string) string { return "ws" + strings.TrimPrefix(base, "http") + "/v1/ws" }
