package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"switchyard/protocol"
)

// Whom an address may reach is asked twice: when it is saved, so that whoever wrote it hears of it, and in the dialer,
// of the resolved address of every connection, so that a name that changes its mind reaches nothing. The lists
// of special networks are those of the IANA registries (code.dny.dev/ssrf).

var errGuard = errors.New("the address is not a public one")

var guardian = ssrf.New(ssrf.WithAnyPort())

// transport speaks HTTP/1.1 with public addresses only, past no proxy, and reads little of what comes back.
func transport(private bool) *http.Transport {
	d := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	if !private {
		d.Control = func(network, address string, c syscall.RawConn) error {
			if err := guardian.Safe(network, address, c); err != nil {
				return fmt.Errorf("%w: %w", errGuard, err)
			}
			return nil
		}
	}
	return &http.Transport{
		Proxy: nil, DialContext: d.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
		MaxResponseHeaderBytes: 16 << 10, DisableCompression: true, MaxConnsPerHost: 4, MaxIdleConns: 64, IdleConnTimeout: 30 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: false,
	}
}

// CheckAddress says what is wrong with an address that somebody wants to save; nil = nothing.
func CheckAddress(ctx context.Context, address string, private bool) error {
	if err := protocol.CheckWebhookURL(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("is not an address")
	}
	if private {
		return nil
	}
	if u.Scheme != "https" {
		return errors.New("must begin with https://")
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return safe(ip)
	}
	if last := host[strings.LastIndexByte(host, '.')+1:]; last == "" || last[0] >= '0' && last[0] <= '9' {
		return errors.New("is not a host's name") // 2130706433, 0x7f.1, 0177.0.0.1: ways to write a number
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return errors.New("its host cannot be found")
	}
	for _, ip := range ips {
		if err := safe(ip.Unmap()); err != nil {
			return err
		}
	}
	return nil
}

func safe(ip netip.Addr) error {
	if err := guardian.SafeAddr(ip); err != nil {
		return errors.New("leads into a network that is not public")
	}
	return nil
}
