package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// Times of the deletion.
const (
	pruneEvery = 15 * time.Minute
	chunkAge   = time.Hour // of chunks, and of bundles that no project has
)

// Run deletes what is too old or too much until the context ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if err := s.Prune(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.Warn("old uploads cannot be deleted; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Prune deletes what is too old or too much at a time.
func (s *Service) Prune(ctx context.Context, now time.Time) error {
	s.assembly.Lock()
	defer s.assembly.Unlock()
	all, err := s.index.Bundles(ctx)
	if err != nil {
		return err
	}
	keep, drop := s.cfg.choose(all, now)
	for _, b := range drop {
		if err := s.index.DeleteBundle(ctx, b.ID); err != nil {
			return err
		}
		s.forget(b.ProjectID)
	}
	used := make(map[string]bool, len(keep))
	for _, b := range keep {
		used[b.Checksum] = true
	}
	var errs []error
	errs = append(errs, s.bundles.Each(ctx, func(name string, _ int64, written time.Time) error {
		// A young file may belong to a row that was written after the rows were read.
		if used[name] || now.Sub(written) < chunkAge {
			return nil
		}
		return s.bundles.Remove(ctx, name)
	}))
	pending := int64(0)
	errs = append(errs, s.chunks.Each(ctx, func(name string, size int64, written time.Time) error {
		if now.Sub(written) < chunkAge {
			pending += size
			return nil
		}
		return s.chunks.Remove(ctx, name)
	}))
	s.pending.Store(pending)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete old uploads: %w", err)
	}
	if len(drop) > 0 {
		s.log.Info("old uploads are deleted", "bundles", len(drop))
	}
	return nil
}

// choose parts bundles, oldest first, into those that stay and those that go. A
// file that several projects or releases have counts for each.
func (c Config) choose(all []artifact.Bundle, now time.Time) (keep, drop []artifact.Bundle) {
	total := int64(0)
	project := map[uint32]int64{}
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i]
		if now.Sub(b.CreatedAt) > c.Age || project[b.ProjectID]+b.Bytes > c.ProjectBytes || total+b.Bytes > c.TotalBytes {
			drop = append(drop, b)
			continue
		}
		total += b.Bytes
		project[b.ProjectID] += b.Bytes
		keep = append(keep, b)
	}
	return keep, drop
}
