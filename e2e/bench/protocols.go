package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/receive/otlp"
	"github.com/faultline-dev/faultline/server/receive/sentry"
)

// protocol is what one of the foreign protocols gave.
type protocol struct {
	stored         streamed
	server, engine usage
	dropped        streamed // by a process that decodes and drops
	dropServer     usage
	answered       streamed // by a process that reads and answers, over HTTP
	answerServer   usage
	lone           streamed
}

// protocols are both.
type protocols struct{ otlp, sentry protocol }

// measureProtocols sends what OpenTelemetry's exporters and Sentry's SDKs send.
func measureProtocols(ctx context.Context, o options) (p protocols, err error) {
	if err := p.ceilings(ctx, o); err != nil {
		return p, fmt.Errorf("measure the receiving ceilings: %w", err)
	}
	s, err := startServer(ctx, o.binary, filepath.Join(o.data, "protocols"), o.profiles != "")
	if err != nil {
		return p, err
	}
	defer s.kill()
	sl := newSentryLoad(o.sentryEvents)
	if p.sentry.lone, err = sl.lone(ctx, s.http, 50); err != nil {
		return p, fmt.Errorf("send lone envelopes: %w", err)
	}
	say("send %d envelopes", o.sentryEvents)
	if err := p.sentry.load(ctx, s, o.profiles, "sentry", func() (streamed, error) { return sl.run(ctx, s.http) }); err != nil {
		return p, fmt.Errorf("send envelopes: %w", err)
	}
	if err := s.settle(ctx); err != nil {
		return p, err
	}
	say("send %d records over OTLP", o.otlpEvents)
	ol, err := newOTLPLoad(o, o.otlpEvents)
	if err != nil {
		return p, err
	}
	if err := p.otlp.load(ctx, s, o.profiles, "otlp", func() (streamed, error) { return ol.run(ctx, s.grpc) }); err != nil {
		return p, fmt.Errorf("send records over OTLP: %w", err)
	}
	_, err = s.stop()
	return p, err
}

// load notes what server and engine used while something was sent.
func (p *protocol) load(ctx context.Context, s *server, profiles, part string, send func() (streamed, error)) error {
	folder, err := inFolder(profiles, part)
	if err != nil {
		return err
	}
	before, err := s.usage()
	if err != nil {
		return err
	}
	profiled := s.profile(ctx, folder)
	if p.stored, err = send(); err != nil {
		return err
	}
	after, err := s.usage()
	p.server, p.engine = after.server.since(before.server), after.engine.since(before.engine)
	return errors.Join(err, <-profiled)
}

// ceilings measures a process that receives, decodes and drops, and one that does not
// even decode.
func (p *protocols) ceilings(ctx context.Context, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-sink-protocols")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGINT)
	line, err := bufio.NewReader(out).ReadString('\n')
	addresses := strings.Fields(line)
	if err != nil || len(addresses) != 3 {
		return fmt.Errorf("start the process that drops: %q: %w", line, err)
	}
	measure := func(to *streamed, used *usage, send func() (streamed, error)) error {
		before, err := usageOf(cmd.Process.Pid)
		if err != nil {
			return err
		}
		if *to, err = send(); err != nil {
			return err
		}
		after, err := usageOf(cmd.Process.Pid)
		*used = after.since(before)
		return err
	}
	say("receive and drop %d envelopes, %d records over OTLP", o.sentryEvents, o.otlpEvents)
	ol, err := newOTLPLoad(o, o.otlpEvents)
	if err != nil {
		return err
	}
	if err := measure(&p.otlp.dropped, &p.otlp.dropServer, func() (streamed, error) { return ol.run(ctx, addresses[0]) }); err != nil {
		return err
	}
	if err := measure(&p.sentry.dropped, &p.sentry.dropServer, func() (streamed, error) { return newSentryLoad(o.sentryEvents).run(ctx, addresses[1]) }); err != nil {
		return err
	}
	return measure(&p.sentry.answered, &p.sentry.answerServer, func() (streamed, error) { return newSentryLoad(o.sentryEvents).run(ctx, addresses[2]) })
}

// runProtocolSinks receives both protocols as the server does and drops; a third
// listener reads requests and answers them.
func runProtocolSinks(ctx context.Context) error {
	prepare := func(platform string, st *event.Stacktrace) bool {
		return normalize.Stack(platform, st, normalize.DefaultLimits())
	}
	oh, err := otlp.New(otlp.DefaultConfig(), otlp.Parts{Sink: drop{}, Keys: oneKey{}, Metrics: otlp.NewMetrics(prometheus.NewRegistry()), PrepareStack: prepare})
	if err != nil {
		return err
	}
	sh, err := sentry.New(sentry.DefaultConfig(), sentry.Parts{Sink: drop{}, Keys: oneKey{}, Metrics: prometheus.NewRegistry()})
	if err != nil {
		return err
	}
	var listeners [3]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	g := grpc.NewServer(grpc.MaxRecvMsgSize(oh.MessageBytes()))
	oh.Register(g)
	decode := &http.Server{Handler: sh.Wrap(http.NotFoundHandler()), ReadHeaderTimeout: time.Minute}
	answer := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":"`+eventMark+`"}`)
	})}
	go decode.Serve(listeners[1])
	go answer.Serve(listeners[2])
	context.AfterFunc(ctx, func() {
		decode.Close()
		answer.Close()
		g.Stop()
	})
	fmt.Println(listeners[0].Addr(), listeners[1].Addr(), listeners[2].Addr())
	return g.Serve(listeners[0])
}

// oneKey lets everybody into one project.
type oneKey struct{}

func (oneKey) Key(context.Context, string, uint32) (project.Access, error) {
	return project.Access{ProjectID: 1, KeyID: "bench", Scopes: []project.Scope{project.ScopeEventWrite}}, nil
}

// inFolder is a folder for the profiles of a part of the run.
func inFolder(profiles, part string) (string, error) {
	if profiles == "" {
		return "", nil
	}
	dir := filepath.Join(profiles, part)
	return dir, os.MkdirAll(dir, 0o755)
}

// markdown is the part of the report about them.
func (p *protocols) markdown(slower float64) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	o, s := &p.otlp, &p.sentry
	line("\n| OTLP over gRPC, %d log records with an exception of 20 calls, 100 a request, %d requests under way | measured | ceiling in the same run | ratio |\n|---|---|---|---|", o.stored.events, otlpConnections*otlpUnderWay)
	p.rows(line, o)
	line("\nThe goal is 25,000/s on the quiet machine.\n")
	line("| Sentry envelopes, %d events of 4.5 KB, one a request, %d connections | measured | ceiling in the same run | ratio |\n|---|---|---|---|", s.stored.events, sentryConnections)
	p.rows(line, s)
	line("| events/s, beside a `net/http` server that reads and answers | | %.0f | %.0f %% |", s.answered.rate(), 100*s.stored.rate()/s.answered.rate())
	line("| server CPU µs an event, beside the same | | %.1f | %.1f× |", perEvent(s.answerServer.cpu, s.answered.events), perEvent(s.server.cpu, s.stored.events)/perEvent(s.answerServer.cpu, s.answered.events))
	line("| answer to a lone client, p50 / p99 | %s / %s | | |", ms(s.lone.quantile(.5)), ms(s.lone.quantile(.99)))
	cpu := perEvent(s.server.cpu, s.stored.events) + perEvent(s.engine.cpu, s.stored.events) + perEvent(s.stored.client.cpu, s.stored.events)
	line("\nThe goal is 12,000/s, and 70 ms for a lone client, on the quiet machine. An event took %.0f µs of CPU for client, server and engine together; divided by %.1f, that is %.0f events/s on 2 cores: an estimate, not a measurement.", cpu, slower, 2e6/(cpu/slower))
	return b.String()
}

func (p *protocols) rows(line func(string, ...any), r *protocol) {
	n := r.stored.events
	line("| events/s, answered as stored | **%.0f** | %.0f received, decoded and dropped | %.0f %% |", r.stored.rate(), r.dropped.rate(), 100*r.stored.rate()/r.dropped.rate())
	line("| server CPU µs an event | %.1f | %.1f received, decoded and dropped | %.1f× |", perEvent(r.server.cpu, n), perEvent(r.dropServer.cpu, r.dropped.events), perEvent(r.server.cpu, n)/perEvent(r.dropServer.cpu, r.dropped.events))
	line("| engine CPU µs an event | %.1f | | |", perEvent(r.engine.cpu, n))
	line("| client CPU µs an event | %.1f | | |", perEvent(r.stored.client.cpu, n))
	line("| answer to a request, p50 / p99 | %s / %s | %s / %s dropped | |", ms(r.stored.quantile(.5)), ms(r.stored.quantile(.99)), ms(r.dropped.quantile(.5)), ms(r.dropped.quantile(.99)))
}
