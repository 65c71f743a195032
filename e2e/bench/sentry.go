package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sentryConnections stay open all the time, with one event under way on each.
const sentryConnections = 512

// sentryLoad sends envelopes, one event a request, as Sentry's SDKs do. It speaks HTTP
// by itself, because a client that costs more than the server would be measured instead.
type sentryLoad struct {
	events    int
	templates []template
	next      atomic.Int64

	mu        sync.Mutex
	latencies []time.Duration
}

// eventMark and clockMark stand in a template where its id and its time do.
const (
	eventMark = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
	clockMark = "1111111111.111"
)

func newSentryLoad(events int) *sentryLoad {
	l := &sentryLoad{events: events}
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 500 {
		l.templates = append(l.templates, sentryTemplate(r, i))
	}
	return l
}

// sentryTemplate is a whole request with an event of 4.5 KB.
func sentryTemplate(r *rand.Rand, n int) template {
	var frames []string
	for i := range 12 {
		frames = append(frames, fmt.Sprintf(`{"filename":"shop/part%d/step%d.py","abs_path":"/srv/shop/part%d/step%d.py","function":"run_step_%d","module":"shop.part%d.step%d","lineno":%d,"in_app":%v,`+
			`"pre_context":["    def run(self):"],"context_line":"        return self.next.run(\"%d\")","post_context":[""]}`, n, i, n, i, r.IntN(100), n, i, 10+r.IntN(500), i%3 == 0, i))
	}
	event := `{"event_id":"` + eventMark + `","timestamp":` + clockMark + `,"platform":"python","level":"error","release":"shop@1.2.3","environment":"production","server_name":"web-17",` +
		`"transaction":"POST /orders","exception":{"values":[{"type":"ValueError` + strconv.Itoa(n) + `","value":"order ` + numberMark + ` cannot be placed","module":"builtins","mechanism":{"type":"generic","handled":true},"stacktrace":{"frames":[` + strings.Join(frames, ",") + `]}}]},` +
		`"breadcrumbs":{"values":[{"timestamp":"2026-11-22T11:59:58.000000Z","type":"http","category":"httplib","level":"info","data":{"url":"https://api.example/stock","method":"GET","status_code":200}},` +
		`{"timestamp":"2026-11-22T11:59:59.000000Z","type":"default","category":"query","message":"SELECT * FROM orders WHERE id = %s","level":"info"}]},` +
		`"user":{"id":"` + numberMark + `","email":"ada@example.com","ip_address":"10.1.2.3"},"request":{"url":"https://shop.example/orders","method":"POST","headers":{"User-Agent":"Mozilla/5.0 (X11; Linux x86_64)","Accept":"*/*"},"query_string":"a=b"},` +
		`"tags":{"shop":"berlin","tier":"gold"},"contexts":{"runtime":{"name":"CPython","version":"3.11.7"},"trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","op":"http.server"}},` +
		`"modules":{"django":"5.0","urllib3":"2.8.0"},"sdk":{"name":"sentry.python","version":"2.75.0","integrations":["django","logging","stdlib"],"packages":[{"name":"pypi:sentry-sdk","version":"2.75.0"}]}}`
	body := `{"event_id":"` + eventMark + `"}` + "\n" + `{"type":"event","length":` + strconv.Itoa(len(event)) + `}` + "\n" + event + "\n"
	data := []byte("POST /api/1/envelope/ HTTP/1.1\r\nHost: faultline\r\nX-Sentry-Auth: Sentry sentry_version=7, sentry_key=" + publicKey + ", sentry_client=sentry.python/2.75.0\r\n" +
		"Content-Type: application/x-sentry-envelope\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	t := template{data: data, time: bytes.Index(data, []byte(clockMark)), trace: bytes.Index(data, []byte(eventMark)), span: bytes.LastIndex(data, []byte(eventMark))}
	t.number = []int{bytes.Index(data, []byte(numberMark)), bytes.LastIndex(data, []byte(numberMark))}
	return t
}

// request writes a request with a new event into a buffer.
func (l *sentryLoad) request(to []byte, r *rand.Rand, weights *rand.Zipf) []byte {
	t := &l.templates[weights.Uint64()]
	to = append(to[:0], t.data...)
	var id [16]byte
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	hex.Encode(to[t.trace:], id[:])
	copy(to[t.span:], to[t.trace:t.trace+32])
	strconv.AppendFloat(to[:t.time], float64(time.Now().UnixMilli())/1000, 'f', 3, 64)
	number := 1e9 + r.Uint64N(9e9)
	for _, at := range t.number {
		digits(to[at:at+len(numberMark)], number)
	}
	return to
}

// run sends all events over many connections and waits for every answer.
func (l *sentryLoad) run(ctx context.Context, address string) (streamed, error) {
	before, err := usageOf(pid)
	if err != nil {
		return streamed{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	var all sync.WaitGroup
	for c := range sentryConnections {
		all.Go(func() {
			if err := l.connection(ctx, address, uint64(c), func() bool { return l.next.Add(1) <= int64(l.events) }); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return streamed{}, err
	}
	after, err := usageOf(pid)
	slices.Sort(l.latencies)
	return streamed{events: l.events, took: took, latencies: l.latencies, client: after.since(before)}, err
}

// lone sends events one at a time and waits for each answer.
func (l *sentryLoad) lone(ctx context.Context, address string, n int) (streamed, error) {
	one := &sentryLoad{templates: l.templates}
	err := one.connection(ctx, address, 1<<40, func() bool {
		n--
		return n >= 0 && rest(ctx, betweenLone) == nil
	})
	slices.Sort(one.latencies)
	return streamed{events: len(one.latencies), latencies: one.latencies}, err
}

// connection sends events on a connection of its own while there are more.
func (l *sentryLoad) connection(ctx context.Context, address string, seed uint64, more func() bool) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	r := rand.New(rand.NewPCG(seed, 3))
	weights := rand.NewZipf(r, 1.1, 1, uint64(len(l.templates)-1))
	in := bufio.NewReaderSize(conn, 1024)
	var data []byte
	var latencies []time.Duration
	for more() {
		data = l.request(data, r, weights)
		sent := time.Now()
		if _, err := conn.Write(data); err != nil {
			return err
		}
		if err := readAnswer(in); err != nil {
			return err
		}
		latencies = append(latencies, time.Since(sent))
	}
	l.mu.Lock()
	l.latencies = append(l.latencies, latencies...)
	l.mu.Unlock()
	return nil
}

// readAnswer reads an answer, which must be a success.
func readAnswer(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	ok, status := bytes.HasPrefix(line, []byte("HTTP/1.1 200")), string(line)
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("read the header of an answer: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if !ok {
		text := make([]byte, length)
		_, err := io.ReadFull(in, text)
		return errors.Join(fmt.Errorf("%s%s", status, text), err)
	}
	_, err = in.Discard(length)
	return err
}
