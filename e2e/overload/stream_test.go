//go:build e2e

package overload

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/faultline-dev/faultline/e2e/instance"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
)

// dial connects to the gRPC listener.
func dial(t *testing.T, address string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

const (
	sendMethod   = "/faultline.ingest.v1.IngestService/Send"
	streamMethod = "/faultline.ingest.v1.IngestService/Stream"
)

func withKey(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+instance.PublicKey)
}

// A call whose message never comes to its end.
func TestSlowCallsEnd(t *testing.T) {
	t.Parallel()
	s := start(t, "--guard-call-timeout", "2s")
	c := connect(t, s.GRPC)
	fmt.Fprint(c, http2.ClientPreface)
	f := http2.NewFramer(c, c)
	f.WriteSettings()
	for id := uint32(1); id < 200; id += 2 {
		var block bytes.Buffer
		e := hpack.NewEncoder(&block)
		for _, h := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", sendMethod}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}} {
			e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
		}
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
		f.WriteData(id, false, binary.BigEndian.AppendUint32([]byte{0}, 1<<20))
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	for ended := 0; ended < 100; {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatalf("%d calls ended, then %v", ended, err)
		}
		if h := frame.Header(); h.Type == http2.FrameRSTStream || h.Flags.Has(http2.FlagHeadersEndStream) && h.Type == http2.FrameHeaders {
			ended++
		}
	}
	held(t, s, "guard-call-timeout")
	alive(t, s)
}

// A peer that is gone without a word: the connection stands, nothing comes through.
func TestHalfOpenStreamsEnd(t *testing.T) {
	t.Parallel()
	s := start(t, "--guard-keepalive", "1s", "--guard-keepalive-timeout", "1s")
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	var gone atomic.Bool
	go func() {
		for {
			in, err := hole.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", s.GRPC)
			if err != nil {
				in.Close()
				return
			}
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					buf := make([]byte, 32<<10)
					for {
						n, err := pair[0].Read(buf)
						if err != nil {
							return
						}
						if !gone.Load() {
							pair[1].Write(buf[:n])
						}
					}
				}()
			}
		}
	}()
	stream, err := dial(t, hole.Addr().String()).NewStream(withKey(t.Context()), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(&ingestv1.StreamRequest{ProjectId: instance.ProjectID}); err != nil {
		t.Fatal(err)
	}
	instance.Eventually(t, 10*time.Second, "the stream is open", func() bool {
		return metric(t, s, "faultline_connections", `listener="grpc"`) == 1
	})
	gone.Store(true)
	instance.Eventually(t, 20*time.Second, "the connection is closed", func() bool {
		return metric(t, s, "faultline_connections", `listener="grpc"`) == 0
	})
	held(t, s, "guard-keepalive")
	alive(t, s)
}

func TestTenThousandIdleStreams(t *testing.T) {
	t.Parallel()
	const conns, each = 10, 1000
	s := start(t)
	pid := s.Cmd.Process.Pid
	alive(t, s)
	before := resident(t, pid)
	ctx, cancel := context.WithCancel(withKey(t.Context()))
	defer cancel()
	var refused atomic.Int64
	var wg sync.WaitGroup
	for range conns {
		conn := dial(t, s.GRPC)
		wg.Go(func() {
			for range each {
				stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
				if err == nil {
					err = stream.SendMsg(&ingestv1.StreamRequest{ProjectId: instance.ProjectID})
				}
				if err != nil {
					refused.Add(1)
				}
			}
		})
	}
	wg.Wait()
	alive(t, s)
	after := resident(t, pid)
	used := processorTime(t, pid)
	watched := 3 * time.Second
	<-time.After(watched)
	idle := float64(processorTime(t, pid)-used) / float64(watched)
	t.Logf("%d streams: %.1f kB each, %d to %d MB; idle %.1f %% of a core", conns*each, float64(after-before)/(conns*each)/1024, before>>20, after>>20, 100*idle)
	if refused.Load() > 0 {
		t.Errorf("%d streams were refused", refused.Load())
	}
	if after-before > 600<<20 {
		t.Error("a stream takes more than 60 kB")
	}
	// One more than a project may have.
	extra := dial(t, s.GRPC)
	var last error
	for range 1000 {
		stream, err := extra.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.SendMsg(&ingestv1.StreamRequest{ProjectId: instance.ProjectID}); err != nil {
			var out ingestv1.StreamResponse
			if last = stream.RecvMsg(&out); status.Code(last) == codes.ResourceExhausted {
				break
			}
		}
	}
	if last != nil && (len(status.Convert(last).Details()) == 0 || !strings.Contains(last.Error(), "native-streams")) {
		t.Errorf("the refusal does not say which limit it is and when to come back: %v", last)
	}
	alive(t, s)
}

func TestBombsOverGRPC(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := resident(t, s.Cmd.Process.Pid)
	for _, method := range []string{sendMethod, "/opentelemetry.proto.collector.logs.v1.LogsService/Export"} {
		for name, option := range map[string]grpc.CallOption{"gzip": grpc.UseCompressor(gzip.Name), "zstd": grpc.UseCompressor("zstd")} {
			err := dial(t, s.GRPC).Invoke(withKey(t.Context()), method, make(zeros, 64<<20), new(zeros), option, grpc.ForceCodec(plain{}))
			if status.Code(err) != codes.ResourceExhausted {
				t.Errorf("%s in %s: %v", method, name, err)
			}
		}
	}
	after := resident(t, s.Cmd.Process.Pid)
	t.Logf("memory from %d to %d MB", before>>20, after>>20)
	if after > before+200<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, after>>20)
	}
	alive(t, s)
}

// grpc-go takes compressors during initialization only.
func init() { encoding.RegisterCompressor(zstdCompressor{}) }

// zstdCompressor is what our SDKs compress with.
type zstdCompressor struct{}

func (zstdCompressor) Name() string                                 { return "zstd" }
func (zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }
func (zstdCompressor) Decompress(r io.Reader) (io.Reader, error)    { return zstd.NewReader(r) }

// zeros is a message of nothing.
type zeros []byte

// plain sends it as it is.
type plain struct{}

func (plain) Name() string { return "proto" }
func (plain) Marshal(v any) ([]byte, error) {
	if z, ok := v.(zeros); ok {
		return z, nil
	}
	return nil, io.ErrUnexpectedEOF
}
func (plain) Unmarshal([]byte, any) error { return nil }
