package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// runPart fills a folder that stays, or asks what is in one: so that several binaries can
// be asked about the same events.
func runPart(ctx context.Context, o options) error {
	if o.data == "" {
		return errors.New("-fill-only and -questions-only need the folder of -data")
	}
	if o.fillOnly {
		return fill(ctx, o)
	}
	r := &report{options: o}
	if err := measureAgain(ctx, o, r); err != nil {
		return err
	}
	memory, asked := r.again.markdown(r.again.warm, uint64(o.events))
	fmt.Print(memory, "\n", asked)
	return nil
}

// fill streams the events, says what that took, and stops when they are merged.
func fill(ctx context.Context, o options) error {
	s, err := startServer(ctx, o.binary, filepath.Join(o.data, "server"), o.profiles != "")
	if err != nil {
		return err
	}
	defer s.kill()
	if err := s.makeProjects(ctx, projects-1); err != nil {
		return err
	}
	r, load := &report{options: o}, newLoad(o, o.events)
	if err := r.measureStream(ctx, s, load); err != nil {
		return err
	}
	fmt.Print(r.filled())
	if o.halfOf > 0 {
		h := &report{options: o}
		if err := h.measureStream(ctx, s, load.half(o.halfOf)); err != nil {
			return err
		}
		h.blocks, h.blockRows = h.blocks-r.blocks, h.blockRows-r.blockRows
		fmt.Print(h.filled())
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	_, err = s.stop()
	return err
}

// filled says what streaming took.
func (r *report) filled() string {
	n := r.stream.events
	return fmt.Sprintf("%d events, %.0f/s; CPU µs an event: server %.1f, engine %.1f, client %.1f; acknowledgement p50 / p99 %s / %s; %.0f rows a block; server + engine in each quarter, at most: %s\n",
		n, r.stream.rate(), perEvent(r.server.cpu, n), perEvent(r.engine.cpu, n), perEvent(r.stream.client.cpu, n),
		ms(r.stream.quantile(.5)), ms(r.stream.quantile(.99)), r.blockRows/max(r.blocks, 1), quarters(r.memory))
}
