package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"switchyard/protocol"
)

// canonicalOrigin gives the one spelling of an origin that browsers send; "" if it is none.
func canonicalOrigin(o string) string {
	u, err := url.Parse(o)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	host := u.Host
	if host != strings.ToLower(host) || strings.HasSuffix(u.Hostname(), ".") || strings.ContainsAny(host, "*,% \t") {
		return ""
	}
	return u.Scheme + "://" + host
}

// originOf reads the request's only Origin. sent tells "none" from "unusable": null,
// several, or spelled as no browser does. Everything is compared byte by byte, so a
// sub-domain trick, a port or a trailing dot simply is another origin.
func originOf(r *http.Request) (origin string, sent bool) {
	all := r.Header.Values("Origin")
	if len(all) == 0 {
		return "", false
	}
	if len(all) > 1 || canonicalOrigin(all[0]) != all[0] {
		return "", true
	}
	return all[0], true
}

// ownOrigin says whether the origin is a page of this node.
func (g *Gateway) ownOrigin(r *http.Request, origin string) bool {
	if origin == "" {
		return false
	}
	if slices.Contains(g.cfg.Origins, origin) {
		return true
	}
	host := strings.ToLower(r.Host)
	return origin == "https://"+host || !g.cfg.Secure && origin == "http://"+host
}

// siteOrigin says whether pages of the origin may carry the site's widget.
func (g *Gateway) siteOrigin(site protocol.SiteID, origin string) bool {
	f := g.facts(site)
	return f != nil && origin != "" && slices.Contains(f.Settings.Origins, origin)
}

// anySiteOrigin is the handshake's check where the request does not name its site; hello repeats it for the site of the token.
func (g *Gateway) anySiteOrigin(origin string) bool {
	sites := g.cfg.Sites
	if sites == nil {
		sites = g.seenSites
	}
	for _, s := range sites() {
		if g.siteOrigin(s, origin) {
			return true
		}
	}
	return false
}

// seen remembers a site that somebody has proved to know.
func (g *Gateway) seen(site protocol.SiteID) {
	g.mu.Lock()
	g.sites[site] = true
	g.mu.Unlock()
}

func (g *Gateway) seenSites() []protocol.SiteID {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]protocol.SiteID, 0, len(g.sites))
	for s := range g.sites {
		all = append(all, s)
	}
	return all
}

// goodHost checks the Host header against the canonical list.
func (g *Gateway) goodHost(r *http.Request) bool {
	return len(g.cfg.Hosts) == 0 || slices.Contains(g.cfg.Hosts, strings.ToLower(r.Host))
}

// address is the client's: the connection's, or the one that the nearest untrusted hop of
// X-Forwarded-For names when the connection comes from a trusted proxy.
func (g *Gateway) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !g.trusted(addr) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		h, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = h
		if !g.trusted(h) {
			break
		}
	}
	return addr.Unmap().String()
}

func (g *Gateway) trusted(a netip.Addr) bool {
	a = a.Unmap()
	return slices.ContainsFunc(g.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}
