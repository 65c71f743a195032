package mailtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Request is one request to the stand-in for Resend's API.
type Request struct {
	Path           string
	Authorization  string
	IdempotencyKey string
	From           string            `json:"from"`
	To             []string          `json:"to"`
	Subject        string            `json:"subject"`
	HTML           string            `json:"html"`
	Text           string            `json:"text"`
	Headers        map[string]string `json:"headers"`
}

// Resend stands in for Resend's API. A mail with a key that it has taken before is answered as
// the first time and not delivered again.
type Resend struct {
	URL string

	mu       sync.Mutex
	requests []Request
	mails    []Request
	answer   func(n int, w http.ResponseWriter) bool
}

// StartResend runs a server until the test ends. answer, where it is not nil, is asked with the
// number of the request, from 1; it may answer itself and return true.
func StartResend(t testing.TB, answer func(n int, w http.ResponseWriter) bool) *Resend {
	t.Helper()
	r := &Resend{answer: answer}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// ServeHTTP implements http.Handler.
func (r *Resend) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	got := Request{Path: req.Method + " " + req.URL.Path, Authorization: req.Header.Get("Authorization"), IdempotencyKey: req.Header.Get("Idempotency-Key")}
	if err := json.NewDecoder(req.Body).Decode(&got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, got)
	if r.answer != nil && r.answer(len(r.requests), w) {
		return
	}
	if !r.taken(got.IdempotencyKey) {
		r.mails = append(r.mails, got)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`))
}

func (r *Resend) taken(key string) bool {
	for _, m := range r.mails {
		if m.IdempotencyKey == key {
			return true
		}
	}
	return false
}

// Requests returns every request so far.
func (r *Resend) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.requests...)
}

// Mails returns the mails that were taken so far.
func (r *Resend) Mails() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.mails...)
}

// AnswerWith changes the answers; n counts from 1 again.
func (r *Resend) AnswerWith(answer func(n int, w http.ResponseWriter) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.answer = nil, answer
}
