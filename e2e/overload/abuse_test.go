//go:build e2e

package overload

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// connect opens a connection that ends with the test.
func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ends waits until the other side has closed a connection, and returns what it said.
func ends(t *testing.T, c net.Conn, limit time.Duration) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(limit))
	said, err := io.ReadAll(io.LimitReader(c, 1<<20))
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatalf("the connection is open after %v; it said %q", limit, said)
	}
	return string(said)
}

// alive checks that events are taken as ever.
func alive(t *testing.T, s *instance.Server) {
	t.Helper()
	w, err := client.Post(fmt.Sprintf("http://%s/api/%d/store/?sentry_key=%s", s.HTTP, instance.ProjectID, instance.PublicKey), "application/json", bytes.NewReader(storeEvent(newID(), "Alive")))
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != http.StatusOK {
		t.Fatalf("after the abuse an event gets %d", w.StatusCode)
	}
}

// intakes are the HTTP paths that take bodies.
var intakes = map[string]string{
	"sentry store":    fmt.Sprintf("/api/%d/store/?sentry_key=%s", instance.ProjectID, instance.PublicKey),
	"sentry envelope": fmt.Sprintf("/api/%d/envelope/?sentry_key=%s", instance.ProjectID, instance.PublicKey),
	"rest":            fmt.Sprintf("/api/v1/projects/%d/events:batch", instance.ProjectID),
	"otlp logs":       "/v1/logs",
	"otlp traces":     "/v1/traces",
}

func TestSlowHeadersEnd(t *testing.T) {
	t.Parallel()
	s := start(t, "--guard-header-timeout", "1s")
	c := connect(t, s.HTTP)
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	go func() {
		for {
			if _, err := c.Write([]byte("a")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	ends(t, c, 10*time.Second)
	held(t, s, "guard-header-timeout")
	// A connection to the gRPC listener that never says that it speaks HTTP/2.
	ends(t, connect(t, s.GRPC), 10*time.Second)
	alive(t, s)
}

func TestSlowBodiesEnd(t *testing.T) {
	t.Parallel()
	s := start(t, "--guard-body-grace", "1s")
	for name, path := range intakes {
		c := connect(t, s.HTTP)
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{", path, instance.PublicKey)
		go func() {
			for {
				if _, err := c.Write([]byte(" ")); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		if said := ends(t, c, 15*time.Second); strings.HasPrefix(said, "HTTP/1.1 5") || strings.HasPrefix(said, "HTTP/1.1 2") {
			t.Errorf("%s: %s", name, said)
		}
	}
	held(t, s, "guard-body-rate")
	alive(t, s)
}

func TestUnfinishedChunkedUploadsEnd(t *testing.T) {
	t.Parallel()
	s := start(t, "--guard-body-grace", "3s")
	before := resident(t, s.Cmd.Process.Pid)
	var open []net.Conn
	for range 100 {
		for _, path := range intakes {
			c := connect(t, s.HTTP)
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n%s", path, instance.PublicKey, strings.Repeat(" ", 0x8000))
			open = append(open, c)
		}
	}
	alive(t, s)
	t.Logf("%d unfinished uploads: memory from %d to %d MB", len(open), before>>20, resident(t, s.Cmd.Process.Pid)>>20)
	for _, c := range open {
		ends(t, c, 30*time.Second)
	}
	held(t, s, "guard-body-rate")
	alive(t, s)
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := connect(t, s.HTTP)
	go func() {
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n")
		for i := range 20_000 {
			if _, err := fmt.Fprintf(c, "X-Flood-%d: %s\r\n", i, strings.Repeat("a", 50)); err != nil {
				return
			}
		}
	}()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.Contains(line, "431") {
		t.Fatal(line)
	}
	c.Close()
	held(t, s, "guard-header-bytes")

	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	for _, address := range []string{s.HTTP, s.GRPC} {
		h2 := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 20 * time.Second}
		r, err := http.NewRequest("POST", "http://"+address+"/faultline.ingest.v1.IngestService/Send", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5000 {
			r.Header.Set(fmt.Sprintf("X-Flood-%d", i), strings.Repeat("a", 50))
		}
		w, err := h2.Do(r)
		if err == nil {
			w.Body.Close()
			if w.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("%s answers a flood of headers with %d", address, w.StatusCode)
			}
		}
		h2.CloseIdleConnections()
	}
	alive(t, s)
}

// pack compresses a text with an encoding.
func pack(t *testing.T, encoding string, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range size >> 20 {
		if _, err := w.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBombsDoNotExplode(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := resident(t, s.Cmd.Process.Pid)
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd"} {
		bomb := pack(t, encoding, 256<<20)
		for name, path := range intakes {
			r, err := http.NewRequest("POST", "http://"+s.HTTP+path, bytes.NewReader(bomb))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+instance.PublicKey)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Encoding", encoding)
			w, err := client.Do(r)
			if err != nil {
				t.Errorf("%s %s: %v", name, encoding, err)
				continue
			}
			text, _ := io.ReadAll(w.Body)
			w.Body.Close()
			if w.StatusCode != http.StatusRequestEntityTooLarge && w.StatusCode != http.StatusUnsupportedMediaType {
				t.Errorf("%s answers %d kB of %s that are 256 MB with %d %s", name, len(bomb)>>10, encoding, w.StatusCode, text)
			}
		}
	}
	after := resident(t, s.Cmd.Process.Pid)
	t.Logf("memory from %d to %d MB", before>>20, after>>20)
	if after > 600<<20 {
		t.Errorf("the server has %d MB after the bombs", after>>20)
	}
	if metric(t, s, "faultline_sentry_requests_total", `code="413"`) == 0 {
		t.Error("the metric of Sentry's requests does not tell of 413")
	}
	alive(t, s)
}

func TestStrangeBodiesAreHarmless(t *testing.T) {
	t.Parallel()
	s := start(t)
	deep := strings.Repeat(`{"a":[`, 200_000) + strings.Repeat(`]}`, 200_000)
	var tags strings.Builder
	tags.WriteString(`{"platform":"go","message":"many tags","tags":{"a":"b"`)
	for i := range 40_000 { // as many as fit into an event
		fmt.Fprintf(&tags, `,"tag%d":"v"`, i)
	}
	tags.WriteString("}}")
	var million strings.Builder
	million.WriteString(`{"events":[{"platform":"go","message":{"formatted":"many tags"},"tags":[{"key":"a"}`)
	for range 1_000_000 {
		million.WriteString(`,{}`)
	}
	million.WriteString("]}]}")
	before := resident(t, s.Cmd.Process.Pid)
	for name, path := range intakes {
		for kind, body := range map[string]string{
			"deep JSON": deep, "deep extra": `{"platform":"go","message":"x","extra":` + deep + `}`, "many tags": tags.String(), "a million tags": million.String(),
			"huge varints": strings.Repeat("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10_000), "long numbers": `{"timestamp":` + strings.Repeat("9", 500_000) + `}`,
		} {
			for _, media := range []string{"application/json", "application/x-protobuf"} {
				r, err := http.NewRequest("POST", "http://"+s.HTTP+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+instance.PublicKey)
				r.Header.Set("Content-Type", media)
				began := time.Now()
				w, err := client.Do(r)
				if err != nil {
					t.Errorf("%s to %s: %v", kind, name, err)
					continue
				}
				w.Body.Close()
				if w.StatusCode >= 500 {
					t.Errorf("%s to %s as %s: %d", kind, name, media, w.StatusCode)
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Logf("%s to %s as %s: %d after %v", kind, name, media, w.StatusCode, took)
				}
			}
		}
	}
	after := resident(t, s.Cmd.Process.Pid)
	t.Logf("memory from %d to %d MB", before>>20, after>>20)
	if after > 600<<20 {
		t.Errorf("the server has %d MB", after>>20)
	}
	if strings.Contains(s.Output(), "panic") {
		t.Error("something panicked")
	}
	if metric(t, s, "faultline_ingest_events_total", `outcome="invalid"`) == 0 {
		t.Error("the metric does not tell of invalid events")
	}
	alive(t, s)
}

func TestManyTinyRequestsOnOneConnection(t *testing.T) {
	t.Parallel()
	const requests = 100_000
	s := start(t)
	before := resident(t, s.Cmd.Process.Pid)
	c := connect(t, s.HTTP)
	go func() {
		w := bufio.NewWriter(c)
		for range requests {
			fmt.Fprint(w, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		w.Flush()
	}()
	began, in := time.Now(), bufio.NewReader(c)
	for i := range requests {
		w, err := http.ReadResponse(in, nil)
		if err != nil || w.StatusCode != http.StatusOK {
			t.Fatal(i, w, err)
		}
		io.Copy(io.Discard, w.Body)
	}
	after := resident(t, s.Cmd.Process.Pid)
	t.Logf("%.0f requests/s, memory from %d to %d MB", requests/time.Since(began).Seconds(), before>>20, after>>20)
	if after > before+64<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, after>>20)
	}
	alive(t, s)
}
