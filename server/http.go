package server

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// HTTP is everything on the HTTP listener.
func (s *Server) HTTP() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.parts.Registry, promhttp.HandlerOpts{}))
	if s.native != nil {
		s.native.Mount(mux)
	}
	if s.otlp != nil {
		s.otlp.Mount(mux)
	}
	if s.builds != nil {
		s.mountBuilds(mux)
	}
	if s.api != nil {
		for _, path := range s.api.Paths() {
			mux.Handle(path, s.api.Handler())
		}
		mux.Handle("/", s.web)
	}
	if s.sentry != nil {
		return s.cfg.Proxies.Wrap(s.sentry.Wrap(mux))
	}
	return s.cfg.Proxies.Wrap(mux)
}

// readyz answers 200 only when an event sent now would be stored.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	parts, ready := s.Ready(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	status := "ready"
	if !ready {
		status = "not ready"
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(map[string]any{"status": status, "parts": parts})
}

// GRPC makes the server of the gRPC listener; options carry TLS and the limits of
// connections.
func (s *Server) GRPC(options ...grpc.ServerOption) *grpc.Server {
	if s.native != nil {
		options = append(options, s.native.ServerOptions()...)
	}
	if s.otlp != nil {
		options = append(options, grpc.MaxRecvMsgSize(max(s.cfg.Native.MessageBytes, s.otlp.MessageBytes())))
	}
	if s.api != nil {
		options = append(options, s.api.ServerOptions()...)
	}
	g := grpc.NewServer(options...)
	if s.native != nil {
		s.native.Register(g)
	}
	if s.otlp != nil {
		s.otlp.Register(g)
	}
	if s.api != nil {
		s.api.Register(g)
	} else {
		healthv1.RegisterHealthServer(g, health.NewServer())
	}
	return g
}
