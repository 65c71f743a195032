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

// fill streams the events and stops when they are merged.
func fill(ctx context.Context, o options) error {
	s, err := startServer(ctx, o.binary, filepath.Join(o.data, "server"), false)
	if err != nil {
		return err
	}
	defer s.kill()
	if err := s.makeProjects(ctx, projects-1); err != nil {
		return err
	}
	if _, err := newLoad(o, o.events).run(ctx, s.grpc, s.token); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	_, err = s.stop()
	return err
}
