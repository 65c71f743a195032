// Command bench measures a whole Faultline: the real binary with its engine, fed
// over gRPC by clients on the same machine. Beside each figure it measures a
// ceiling in the same run, because machines differ and ratios do not.
//
// It is no part of the product; `make bench` runs it and writes docs/benchmarks.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

// options are the flags.
type options struct {
	binary   string
	data     string
	write    string
	events   int
	ceiling  int
	workers  int
	batch    int
	window   int
	profiles string
	sink     bool

	sentryEvents, otlpEvents     int
	sinkProtocols, protocolsOnly bool
	fillOnly, questionsOnly      bool
	length                       time.Duration
	halfOf                       float64
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/faultline", "the server to measure")
	flag.StringVar(&o.data, "data", "", "folder for the data; empty: a temporary one")
	flag.StringVar(&o.write, "write", "", "write the report to this file, too")
	flag.IntVar(&o.events, "events", 1_000_000, "events to stream")
	flag.IntVar(&o.ceiling, "ceiling-events", 300_000, "events for each ceiling")
	flag.IntVar(&o.workers, "workers", 8, "connections that send")
	flag.IntVar(&o.batch, "batch", 100, "events of one batch")
	flag.IntVar(&o.window, "window", 32, "batches of one connection that wait for their acknowledgement")
	flag.StringVar(&o.profiles, "profiles", "", "folder for profiles: drop.pprof of the process that only receives, cpu.pprof and heap.pprof of the server")
	flag.BoolVar(&o.sink, "sink", false, "internal: receive, drop, and print the address")
	flag.IntVar(&o.sentryEvents, "sentry-events", 150_000, "events to send in Sentry's envelopes")
	flag.IntVar(&o.otlpEvents, "otlp-events", 300_000, "log records to send over OTLP")
	flag.BoolVar(&o.protocolsOnly, "protocols-only", false, "measure only Sentry's and OpenTelemetry's protocols, and write nothing")
	flag.BoolVar(&o.fillOnly, "fill-only", false, "stream the events into the folder of -data, and measure only that")
	flag.Float64Var(&o.halfOf, "half-of", 0, "of -fill-only: stream further events at half of this rate, in events a second; 0: none")
	flag.DurationVar(&o.length, "length", 0, "of -fill-only: stop after this time, however many events are left; 0: no such end")
	flag.BoolVar(&o.questionsOnly, "questions-only", false, "use the folder of -data as -fill-only left it: measure a start, the rest after it and the questions, and write nothing")
	flag.BoolVar(&o.sinkProtocols, "sink-protocols", false, "internal: receive both, drop, and print the addresses")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case o.sink:
		err = runSink(ctx, o.profiles)
	case o.sinkProtocols:
		err = runProtocolSinks(ctx)
	default:
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything and reports.
func run(ctx context.Context, o options) error {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if o.protocolsOnly || o.fillOnly || o.questionsOnly {
		o.write = ""
	}
	if o.fillOnly || o.questionsOnly {
		return runPart(ctx, o)
	}
	if o.data == "" {
		dir, err := os.MkdirTemp("", "faultline-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.data = dir
	}
	r := &report{options: o, cores: runtime.NumCPU(), at: time.Now().UTC()}
	first, err := yardstick(o)
	if err != nil {
		return fmt.Errorf("measure the yardstick: %w", err)
	}
	if r.protocols, err = measureProtocols(ctx, o); err != nil {
		return err
	}
	if o.protocolsOnly {
		fmt.Print(r.protocols.markdown(first / yardstickQuiet))
		return nil
	}
	say("receive and drop %d events", o.ceiling)
	if err := measureDrop(ctx, o, r); err != nil {
		return fmt.Errorf("measure the receiving ceiling: %w", err)
	}
	say("stream %d events to %s", o.events, o.binary)
	if err := measureServer(ctx, o, r); err != nil {
		return fmt.Errorf("measure the server: %w", err)
	}
	say("start again on what is stored")
	if err := measureAgain(ctx, o, r); err != nil {
		return fmt.Errorf("measure a second start: %w", err)
	}
	say("measure the engine alone")
	if err := measureEngine(ctx, o, r); err != nil {
		return fmt.Errorf("measure the engine: %w", err)
	}
	last, err := yardstick(o)
	if err != nil {
		return fmt.Errorf("measure the yardstick: %w", err)
	}
	r.yardstick = (first + last) / 2
	text := r.markdown()
	fmt.Print(text)
	if o.write != "" {
		return os.WriteFile(o.write, []byte(text), 0o644)
	}
	return nil
}

// measureServer starts the server, streams to it, asks it, and stops it.
func measureServer(ctx context.Context, o options, r *report) error {
	s, err := startServer(ctx, o.binary, filepath.Join(o.data, "server"), o.profiles != "")
	if err != nil {
		return err
	}
	defer s.kill()
	r.start = s.started
	if err := s.makeProjects(ctx, projects-1); err != nil {
		return err
	}
	load := newLoad(o, o.events)
	if err := r.measureStream(ctx, s, load); err != nil {
		return err
	}
	if r.half, err = load.half(r.stream.rate()).run(ctx, s.grpc, s.token); err != nil {
		return err
	}
	if r.lone, err = load.lone(ctx, s.grpc, s.token, 50); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	settled, err := s.usage()
	if err != nil {
		return err
	}
	r.settled = settled.engine.since(r.idle.engine)
	if r.queries, err = s.ask(ctx, load); err != nil {
		return err
	}
	r.stop, err = s.stop()
	if err != nil {
		say("%v", err)
	}
	return nil
}

// measureStream streams a load to a server that has its projects.
func (r *report) measureStream(ctx context.Context, s *server, load *load) error {
	idle, err := s.usage()
	if err != nil {
		return err
	}
	r.idle = idle
	profiled := s.profile(ctx, r.options.profiles)
	watched := s.watch(ctx)
	if r.stream, err = load.run(ctx, s.grpc, s.token); err != nil {
		return err
	}
	r.memory = watched()
	if err := <-profiled; err != nil {
		return err
	}
	busy, err := s.usage()
	if err != nil {
		return err
	}
	r.server, r.engine = busy.server.since(idle.server), busy.engine.since(idle.engine)
	for name, to := range map[string]*float64{
		"faultline_ingest_block_rows_sum": &r.blockRows, "faultline_ingest_block_rows_count": &r.blocks,
		"faultline_ingest_insert_seconds_sum": &r.insertSeconds, "faultline_ingest_spilled_events_total": &r.spilled,
		"faultline_ingest_stacks_shared_total": &r.stacksShared, "faultline_ingest_stacks_own_total": &r.stacksOwn,
	} {
		if *to, err = s.metric(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
