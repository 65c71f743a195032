package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/resend/resend-go/v2"

	"github.com/faultline-dev/faultline/alerting/notify"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// resendSender hands mails to Resend's API. Resend writes its own Message-ID; the idempotency
// key keeps a mail that is sent again from being delivered twice.
type resendSender struct {
	key     string
	url     *url.URL
	timeout time.Duration
}

func newResend(cfg Config) (*resendSender, error) {
	u, err := url.Parse(strings.TrimRight(cfg.ResendURL, "/") + "/")
	if err != nil {
		return nil, fmt.Errorf("email: email-resend-url: %w", err)
	}
	return &resendSender{key: strings.TrimSpace(cfg.ResendKey), url: u, timeout: cfg.Timeout}, nil
}

// Send implements Sender.
func (s *resendSender) Send(ctx context.Context, m Message) error {
	answer := &answer{next: http.DefaultTransport}
	client := resend.NewCustomClient(&http.Client{
		Timeout: s.timeout, Transport: answer,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, s.key)
	client.BaseURL = s.url
	_, err := client.Emails.SendWithOptions(ctx, &resend.SendEmailRequest{
		From: m.From, To: []string{m.To}, Subject: m.Subject, Html: m.HTML, Text: m.Text, Headers: m.headers(),
	}, &resend.SendEmailOptions{IdempotencyKey: m.ID})
	if err == nil || answer.taken() {
		return nil
	}
	return &notify.Failure{
		Reason:     "resend_error",
		Permanent:  answer.status == http.StatusBadRequest || answer.status == http.StatusUnprocessableEntity,
		RetryAfter: answer.retryAfter,
		Err:        s.withoutKey(err, answer.status),
	}
}

// withoutKey says what happened, with the status and never the key.
func (s *resendSender) withoutKey(err error, status int) error {
	text := strings.ReplaceAll(err.Error(), s.key, "***")
	if status != 0 {
		text = fmt.Sprintf("answered %d: %s", status, strings.TrimPrefix(text, "[ERROR]: "))
	}
	return errors.New("Resend " + text)
}

// answer is a transport for one request that notes what the library drops of the answer.
type answer struct {
	next http.RoundTripper

	status     int
	retryAfter time.Duration
	body       []byte
}

// taken reports whether the mail is Resend's: an answer of 2xx says so even if its body makes
// no sense, and so does one that knows the idempotency key from a mail with other counts in it.
func (a *answer) taken() bool {
	return a.status >= 200 && a.status < 300 ||
		a.status == http.StatusConflict && bytes.Contains(a.body, []byte("invalid_idempotent_request"))
}

// RoundTrip implements http.RoundTripper.
func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.status = resp.StatusCode
	if seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		a.retryAfter = time.Duration(seconds) * time.Second
	}
	defer resp.Body.Close()
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(a.body))
	return resp, nil
}
