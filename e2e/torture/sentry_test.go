//go:build e2e

package torture

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// sentryAtOnce is how many connections one batch uses.
const sentryAtOnce = 6

// sentryClient posts each event in an envelope of its own, over connections that it
// keeps, as SDKs do that keep on disk what they could not send. The protocol counts no
// attempts: what is sent again is the same bytes, but for the time of sending.
type sentryClient struct {
	address string
	http    *http.Client

	mu    sync.Mutex
	until time.Time // nothing is sent before
}

func newSentryClient(address string) *sentryClient {
	return &sentryClient{address: address, http: &http.Client{Timeout: answerLimit, Transport: &http.Transport{MaxIdleConnsPerHost: workers * sentryAtOnce}}}
}

func (c *sentryClient) send(ctx context.Context, batch []*item, _ int) ([]verdict, []string, error) {
	verdicts, reasons := make([]verdict, len(batch)), make([]string, len(batch))
	places := make(chan int, len(batch))
	for i := range batch {
		places <- i
	}
	close(places)
	var all sync.WaitGroup
	for range min(sentryAtOnce, len(batch)) {
		all.Go(func() {
			for i := range places {
				verdicts[i], reasons[i] = c.one(ctx, batch[i])
			}
		})
	}
	all.Wait()
	return verdicts, reasons, nil
}

// one sends one event. Without an answer anything may have become of it.
func (c *sentryClient) one(ctx context.Context, it *item) (verdict, string) {
	c.mu.Lock()
	until := c.until
	c.mu.Unlock()
	if !sleep(ctx, time.Until(until)) {
		return again, "the round is over"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/api/%d/envelope/", c.address, instance.ProjectID), bytes.NewReader(envelopeOf(it)))
	if err != nil {
		return refused, err.Error()
	}
	r.Header.Set("Content-Type", "application/x-sentry-envelope")
	r.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_client=torture/1, sentry_key="+instance.PublicKey)
	w, err := c.http.Do(r)
	if err != nil {
		return again, "sentry: no answer"
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return again, "sentry: half an answer"
	}
	switch {
	case w.StatusCode == http.StatusOK:
		return stored, ""
	case w.StatusCode == http.StatusTooManyRequests, w.StatusCode >= http.StatusInternalServerError:
		if seconds, err := strconv.Atoi(w.Header.Get("Retry-After")); err == nil {
			c.mu.Lock()
			c.until = time.Now().Add(time.Duration(seconds) * time.Second)
			c.mu.Unlock()
		}
		return again, "sentry: " + w.Status
	}
	return refused, fmt.Sprintf("sentry: %s %.200s", w.Status, text)
}

func envelopeOf(it *item) []byte {
	id := hex.EncodeToString(it.id[:])
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, line := range []any{
		map[string]any{"event_id": id, "sent_at": time.Now().UTC().Format(time.RFC3339Nano), "sdk": map[string]any{"name": "torture", "version": "1"}},
		map[string]any{"type": "event"},
		map[string]any{
			"event_id": id, "timestamp": float64(it.time.UnixMicro()) / 1e6, "level": it.level, "platform": "go", "environment": "torture",
			"exception": map[string]any{"values": []any{map[string]any{"type": it.kind, "value": it.value}}},
		},
	} {
		lines.Encode(line) // into memory, of texts and numbers
	}
	return b.Bytes()
}
