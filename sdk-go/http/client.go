package faultlinehttp

import (
	"net/http"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// RoundTripper notes every outgoing request as a breadcrumb in the scope of
// the hub that travels in the request's context.
type RoundTripper struct {
	next http.RoundTripper
}

// NewRoundTripper wraps a RoundTripper; nil is http.DefaultTransport.
func NewRoundTripper(next http.RoundTripper) *RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &RoundTripper{next: next}
}

// RoundTrip sends the request unchanged and notes how it went.
func (t *RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	response, err := t.next.RoundTrip(r)
	// A nil hub stands for the current one.
	hub := faultline.GetHubFromContext(r.Context())
	hub.AddBreadcrumb(breadcrumb(r, response, err, time.Since(start)), nil)
	return response, err
}

func breadcrumb(r *http.Request, response *http.Response, err error, took time.Duration) *faultline.Breadcrumb {
	address := *r.URL
	address.User, address.RawQuery, address.Fragment = nil, "", ""
	b := &faultline.Breadcrumb{
		Type:     "http",
		Category: "http.client",
		Level:    faultline.LevelInfo,
		Data: map[string]any{
			"url":         address.String(),
			"method":      r.Method,
			"duration_ms": float64(took.Microseconds()) / 1000,
		},
	}
	switch {
	case err != nil:
		b.Level = faultline.LevelError
		b.Data["error"] = err.Error()
	case response != nil:
		b.Data["status_code"] = response.StatusCode
		if response.StatusCode >= 500 {
			b.Level = faultline.LevelError
		} else if response.StatusCode >= 400 {
			b.Level = faultline.LevelWarning
		}
	}
	return b
}
