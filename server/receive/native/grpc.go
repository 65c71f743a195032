package native

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that rawCodec falls back to
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"github.com/faultline-dev/faultline/internal/wire"
)

// frame is one message as bytes. The codecs of this package leave it undecoded.
type frame struct {
	data     []byte
	parts    mem.BufferSlice // the message as it came, in pieces, until it is opened
	borrowed mem.Buffer      // what the data lies in; nil: it belongs to the frame
}

func (f *frame) len() int { return len(f.data) + f.parts.Len() }

// open returns the message in one piece, which may be used until it is freed.
func (f *frame) open() []byte {
	if f.parts != nil {
		f.borrowed = f.parts.MaterializeToBuffer(frames)
		f.data = f.borrowed.ReadOnlyData()
		f.parts.Free()
		f.parts = nil
	}
	return f.data
}

// free gives the message back.
func (f *frame) free() {
	f.parts.Free()
	if f.borrowed != nil {
		f.borrowed.Free()
	}
	*f = frame{}
}

// frames is where messages lie while they are decoded. Batches of a hundred events have a
// quarter of a megabyte.
var frames = mem.NewTieredBufferPool(4<<10, 64<<10, 320<<10, 1<<20)

// ServerOptions are those that a grpc-go server needs to serve Register's service,
// beside any other.
func (h *Handler) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(rawCodec{encoding.GetCodecV2("proto")}),
		grpc.MaxRecvMsgSize(h.cfg.MessageBytes),
		grpc.MaxConcurrentStreams(uint32(min(h.cfg.Streams, 1000))),
		grpc.InitialWindowSize(512 << 10), grpc.InitialConnWindowSize(4 << 20),
	}
}

// Register serves IngestService on a grpc-go server that was made with
// ServerOptions.
func (h *Handler) Register(r grpc.ServiceRegistrar) {
	r.RegisterService(&grpc.ServiceDesc{
		ServiceName: ingestv1connect.IngestServiceName, HandlerType: (*any)(nil),
		Methods:  []grpc.MethodDesc{{MethodName: "Send", Handler: h.grpcSend}},
		Streams:  []grpc.StreamDesc{{StreamName: "Stream", Handler: h.grpcStream, ServerStreams: true, ClientStreams: true}},
		Metadata: ingestv1.File_faultline_ingest_v1_ingest_proto.Path(),
	}, h)
}

func (h *Handler) grpcSend(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
	in := &frame{}
	if err := decode(in); err != nil {
		return nil, err
	}
	send := func(ctx context.Context, in any) (any, error) {
		ack, err := h.once(ctx, grpcCaller(ctx), in.(*frame))
		if err != nil {
			return nil, h.toStatus(ctx, err).Err()
		}
		return &frame{data: wire.AppendResponse(nil, ack)}, nil
	}
	if intercept == nil {
		return send(ctx, in)
	}
	return intercept(ctx, in, &grpc.UnaryServerInfo{Server: h, FullMethod: ingestv1connect.IngestServiceSendProcedure}, send)
}

func (h *Handler) grpcStream(_ any, s grpc.ServerStream) error {
	if err := h.stream(s.Context(), grpcCaller(s.Context()), grpcPipe{s}); err != nil {
		return h.toStatus(s.Context(), err).Err()
	}
	return nil
}

// grpcPipe is a stream of grpc-go.
type grpcPipe struct{ stream grpc.ServerStream }

func (p grpcPipe) receive() (*frame, error) {
	f := new(frame)
	if err := p.stream.RecvMsg(f); err != nil {
		return nil, err
	}
	return f, nil
}

func (p grpcPipe) send(data []byte) error {
	err := p.stream.SendMsg(&frame{data: data})
	if err == io.EOF {
		return nil // the stream has ended; receiving tells why
	}
	return err
}

// rawCodec leaves frames as they are and passes everything else on.
type rawCodec struct{ encoding.CodecV2 }

// Unmarshal keeps the bytes of a frame in the pieces in which they came: many may wait.
func (c rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		data.Ref()
		f.parts = data
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// Marshal hands over the bytes of a frame.
func (c rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f.data)}, nil
	}
	return c.CodecV2.Marshal(v)
}

func grpcCaller(ctx context.Context) caller {
	var c caller
	if p, ok := peer.FromContext(ctx); ok {
		c.ip = address(p.Addr.String())
	}
	if values := metadata.ValueFromIncomingContext(ctx, "authorization"); len(values) > 0 {
		c.credential = bearer(values[0])
	}
	return c
}

// bearer takes the credential out of an Authorization header.
func bearer(header string) string {
	scheme, credential, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(credential)
}

// address reads HOST:PORT; what is no address gives none.
func address(hostPort string) netip.Addr {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}
