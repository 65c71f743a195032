package email

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
)

const key = "re_very_secret"

func resendChannel(t *testing.T, url string) *Channel {
	t.Helper()
	cfg := DefaultConfig()
	cfg.From, cfg.ResendKey, cfg.ResendURL = from, key, url
	c, err := New(cfg, base)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResendTakesTheMailOnce(t *testing.T) {
	t.Parallel()
	server := mailtest.StartResend(t, nil)
	c := resendChannel(t, server.URL+"/proxy")
	for range 3 {
		if err := c.Send(t.Context(), full()); err != nil {
			t.Fatal(err)
		}
	}
	m := mustWrite(t, full())
	want := []mailtest.Request{{
		Path: "POST /proxy/emails", Authorization: "Bearer " + key, IdempotencyKey: m.ID,
		From: from, To: []string{"oncall@example.com"}, Subject: m.Subject, HTML: m.HTML, Text: m.Text, Headers: m.headers(),
	}}
	if diff := cmp.Diff(want, server.Mails()); diff != "" {
		t.Fatal(diff)
	}
}

func TestResendFailuresAreNamed(t *testing.T) {
	t.Parallel()
	f := func(status int, body string, permanent bool, after time.Duration, want string) {
		t.Helper()
		server := mailtest.StartResend(t, func(_ int, w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			if after > 0 {
				w.Header().Set("Retry-After", "7")
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
			return true
		})
		err := resendChannel(t, server.URL).Send(t.Context(), full())
		if want == "" {
			if err != nil {
				t.Errorf("%d: %v", status, err)
			}
			return
		}
		var failure *notify.Failure
		if !errors.As(err, &failure) || failure.Permanent != permanent || failure.RetryAfter != after || failure.Reason != "resend_error" || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: got %#v: %v", status, failure, err)
		}
	}
	f(422, `{"message":"The from address is not verified"}`, true, 0, "answered 422: The from address is not verified")
	f(400, `{"message":"bad"}`, true, 0, "answered 400: bad")
	f(401, `{"message":"API key `+key+` is invalid"}`, false, 0, "answered 401: API key *** is invalid")
	f(403, `no JSON`, false, 0, "answered 403")
	f(429, `{"message":"Too many requests"}`, false, 7*time.Second, "answered 429")
	f(500, `{`, false, 0, "answered 500")
	f(503, strings.Repeat("x", 1<<20), false, 0, "answered 503")
	f(302, ``, false, 0, "answered 302")
	f(409, `{"name":"concurrent_idempotent_requests","message":"wait"}`, false, 0, "answered 409: wait")
	f(409, `{"name":"invalid_idempotent_request","message":"other payload"}`, false, 0, "")
	f(200, `no JSON`, false, 0, "")
}

func TestResendThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	err := resendChannel(t, "http://127.0.0.1:1").Send(t.Context(), full())
	var failure *notify.Failure
	if !errors.As(err, &failure) || failure.Permanent {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), key) {
		t.Fatalf("the key is in %v", err)
	}
}
