// Package forwarded finds out who a client behind proxies is. It believes the header
// X-Forwarded-For only where a proxy that the operator named has written it, and makes
// the rest of the server see the client's address as that of the connection.
package forwarded

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the proxies that are believed. The zero value believes none.
type Proxies []netip.Prefix

// Parse reads addresses and networks (10.0.0.0/8).
func Parse(list []string) (Proxies, error) {
	var out Proxies
	for _, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no address or network of a proxy: give 10.0.0.7 or 10.0.0.0/8", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Wrap gives a handler requests whose RemoteAddr is the client's.
func (p Proxies) Wrap(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, changed := p.client(r); changed {
			behind := *r
			behind.RemoteAddr = netip.AddrPortFrom(client, 0).String()
			r = &behind
		}
		next.ServeHTTP(w, r)
	})
}

// client is who sent a request if that is not the connection's other end: from the end
// of X-Forwarded-For, where the nearest proxy writes, the first address that is no
// proxy. What cannot be read ends the way.
func (p Proxies) client(r *http.Request) (client netip.Addr, changed bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.has(at.Addr().Unmap().WithZone("")) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, known := address(strings.TrimSpace(hops[i]))
		if !known {
			break
		}
		client, changed = hop, true
		if !p.has(hop) {
			break
		}
	}
	return client, changed
}

// address reads an address with or without a port.
func address(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

func (p Proxies) has(a netip.Addr) bool {
	for _, one := range p {
		if one.Contains(a) {
			return true
		}
	}
	return false
}
