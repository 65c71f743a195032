package native

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/cors"

	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"github.com/faultline-dev/faultline/internal/wire"
)

// Mount adds the routes of IngestService on HTTP: Connect, gRPC, gRPC-Web, REST.
func (h *Handler) Mount(mux *http.ServeMux) {
	options := connect.WithHandlerOptions(
		connect.WithCodec(frameCodec{}), connect.WithCodec(frameJSON{"json"}), connect.WithCodec(frameJSON{"json; charset=utf-8"}),
		connect.WithReadMaxBytes(h.cfg.MessageBytes), connectZstd(),
	)
	mux.Handle(ingestv1connect.IngestServiceSendProcedure, anyOrigin(connect.NewUnaryHandler(ingestv1connect.IngestServiceSendProcedure, h.connectSend, options)))
	mux.Handle(ingestv1connect.IngestServiceStreamProcedure, anyOrigin(connect.NewBidiStreamHandler(ingestv1connect.IngestServiceStreamProcedure, h.connectStream, options)))
	mux.Handle(restPattern, anyOrigin(http.HandlerFunc(h.rest)))
}

func (h *Handler) connectSend(ctx context.Context, in *connect.Request[frame]) (*connect.Response[frame], error) {
	ack, err := h.once(ctx, connectCaller(in.Header(), in.Peer()), in.Msg)
	if err != nil {
		return nil, toConnect(h.toStatus(ctx, err))
	}
	return connect.NewResponse(&frame{data: wire.AppendResponse(nil, ack)}), nil
}

func (h *Handler) connectStream(ctx context.Context, s *connect.BidiStream[frame, frame]) error {
	if err := h.stream(ctx, connectCaller(s.RequestHeader(), s.Peer()), connectPipe{s}); err != nil {
		return toConnect(h.toStatus(ctx, err))
	}
	return nil
}

// connectPipe is a stream of Connect.
type connectPipe struct {
	stream *connect.BidiStream[frame, frame]
}

func (p connectPipe) receive() (*frame, error) {
	f, err := p.stream.Receive()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, err
	}
	return f, nil
}

func (p connectPipe) send(data []byte) error { return p.stream.Send(&frame{data: data}) }

func connectCaller(header http.Header, peer connect.Peer) caller {
	return caller{credential: bearer(header.Get("Authorization")), ip: address(peer.Addr)}
}

// frameCodec leaves protobuf as it is.
type frameCodec struct{}

// Name is the word for it in content types.
func (frameCodec) Name() string { return "proto" }

// Marshal hands over the bytes of a frame.
func (frameCodec) Marshal(v any) ([]byte, error) { return v.(*frame).data, nil }

// Unmarshal copies the bytes, which Connect uses again.
func (frameCodec) Unmarshal(data []byte, v any) error {
	v.(*frame).data = slices.Clone(data)
	return nil
}

// anyOrigin lets browsers send from every page: what lets a request in is the key,
// never a cookie.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", strings.Join(append(cors.ExposedHeaders(), "Retry-After"), ", "))
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Methods", strings.Join(cors.AllowedMethods(), ", "))
		w.Header().Set("Access-Control-Allow-Headers", strings.Join(append(cors.AllowedHeaders(), "Authorization", "Content-Encoding"), ", "))
		w.Header().Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
	})
}
