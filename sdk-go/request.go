package faultline

import (
	"net"
	"net/http"
	"strings"
)

// privateHeaders carry credentials or the address of a person.
var privateHeaders = map[string]bool{
	"Authorization":       true,
	"Proxy-Authorization": true,
	"Cookie":              true,
	"Set-Cookie":          true,
	"X-Api-Key":           true,
	"X-Auth-Token":        true,
	"X-Csrf-Token":        true,
	"X-Xsrf-Token":        true,
	"X-Forwarded-For":     true,
	"X-Real-Ip":           true,
	"Forwarded":           true,
	"Cf-Connecting-Ip":    true,
	"True-Client-Ip":      true,
}

// NewRequest describes an HTTP request. Cookies, credentials and addresses
// are left out unless pii is true.
func NewRequest(r *http.Request, pii bool) *Request {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	req := &Request{Method: r.Method, Headers: make(http.Header, len(r.Header)+1)}
	if r.URL != nil {
		host := either(r.Host, r.URL.Host)
		if r.URL.Scheme != "" {
			scheme = r.URL.Scheme
		}
		req.URL = scheme + "://" + host + r.URL.Path
		req.QueryString = r.URL.RawQuery
	}
	for name, values := range r.Header {
		if name == "Cookie" || !pii && privateHeaders[http.CanonicalHeaderKey(name)] {
			continue
		}
		req.Headers[name] = append([]string(nil), values...)
	}
	if r.Host != "" {
		req.Headers.Set("Host", r.Host)
	}
	if pii {
		req.Cookies = strings.Join(r.Header.Values("Cookie"), "; ")
		if host, port, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			req.Env = map[string]string{"REMOTE_ADDR": host, "REMOTE_PORT": port}
		}
	}
	return req
}
