package filter

import (
	"net/netip"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

// header is the value of a request's header, whatever its letters' case.
func header(e *event.Event, name string) string {
	for i := range e.Request.Headers {
		if h := &e.Request.Headers[i]; len(h.Key) == len(name) && strings.EqualFold(h.Key, name) {
			return h.Value
		}
	}
	return ""
}

// place is a URL taken apart as far as filters look; what is missing is empty.
type place struct {
	scheme, host, port, path string
}

// placeOf takes a URL apart. It is lenient, because what it reads was written by
// browsers and by programs alike.
func placeOf(u string) (p place) {
	var found bool
	if p.scheme, u, found = strings.Cut(u, "://"); !found {
		return place{}
	}
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		u = u[:i]
	}
	if i := strings.IndexByte(u, '/'); i >= 0 {
		u, p.path = u[:i], u[i:]
	}
	u = u[strings.LastIndexByte(u, '@')+1:]
	p.host = u
	if i := strings.LastIndexByte(u, ':'); i >= 0 && !strings.HasSuffix(u, "]") {
		p.host, p.port = u[:i], u[i+1:]
	}
	p.host = strings.TrimSuffix(strings.Trim(p.host, "[]"), ".")
	return p
}

// local reports whether an event is of a page or a server on localhost. Who sent the
// request counts only if nobody says where it went: behind a proxy everybody may be local.
func local(e *event.Event) bool {
	host := placeOf(e.Request.URL).host
	if host == "" {
		host = placeOf("://" + header(e, "Host")).host
	}
	if host == "" {
		host = e.User.IP
	}
	if n := len("localhost"); len(host) >= n && strings.EqualFold(host[len(host)-n:], "localhost") {
		return len(host) == n || host[len(host)-n-1] == '.'
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || a.IsUnspecified())
}

// healthNames are the last words of paths at which servers are asked whether they are well.
var healthNames = map[string]bool{
	"health": true, "healthy": true, "healthz": true, "_health": true, "healthcheck": true, "health-check": true, "health_check": true,
	"heartbeat": true, "livez": true, "liveness": true, "readyz": true, "readiness": true, "ping": true,
}

// healthPaths are words that mean it only if there is nothing else in the path: a page
// of somebody's may be called /concerts/live.
var healthPaths = map[string]bool{"/up": true, "/live": true, "/alive": true, "/ready": true, "/status": true}

// healthCheck reports whether an event is of a request that only asks whether a server
// is well. Its path says so, or, if it has none, its transaction.
func healthCheck(e *event.Event) bool {
	path := placeOf(e.Request.URL).path
	if path == "" {
		path = e.Transaction
		if i := strings.IndexByte(path, '/'); i > 0 && path[i-1] == ' ' {
			path = path[i:] // GET /healthz
		}
		if !strings.HasPrefix(path, "/") {
			return false
		}
	}
	path = strings.ToLower(strings.TrimRight(path, "/"))
	return healthPaths[path] || healthNames[path[strings.LastIndexByte(path, '/')+1:]]
}

// foreign reports whether a browser's event comes from a place that is not allowed.
// An event that does not say where it comes from passes, as do those of servers.
func foreign(e *event.Event, allowed []string) bool {
	if e.Platform != "javascript" && e.Logger != "csp" {
		return false
	}
	for _, from := range [...]string{header(e, "Origin"), e.Request.URL, header(e, "Referer")} {
		if p := placeOf(from); p.host != "" {
			return !allowedPlace(p, allowed)
		}
	}
	return false
}

func allowedPlace(p place, allowed []string) bool {
	for _, a := range allowed {
		scheme, host, found := strings.Cut(a, "://")
		if !found {
			scheme, host = "*", a
		}
		port := "*"
		if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
			host, port = host[:i], host[i+1:]
		}
		host = strings.Trim(host, "[]")
		if !project.Match(scheme, p.scheme) || port != "*" && port != p.port && !(p.port == "" && port == defaultPort(p.scheme)) {
			continue
		}
		if project.Match(host, p.host) || strings.HasPrefix(host, "*.") && strings.EqualFold(host[2:], p.host) {
			return true
		}
	}
	return false
}

func defaultPort(scheme string) string {
	switch strings.ToLower(scheme) {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}
