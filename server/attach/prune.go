package attach

import (
	"context"
	"fmt"
	"time"
)

const (
	// pruneEvery is how often expired files are deleted.
	pruneEvery = time.Hour
	// youngest is how old bytes must be before they are deleted: a young content may
	// belong to a file that is being written down.
	youngest = time.Hour
	// pruneRows and pruneFiles are how many are looked at in one question.
	pruneRows, pruneFiles = 1000, 500
)

// Run deletes what has expired until the context ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if err := s.Prune(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.Logger.Warn("expired attachments cannot be deleted; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Prune deletes what has expired at a time: files, and bytes that no file has any more.
func (s *Service) Prune(ctx context.Context, now time.Time) error {
	expired := int64(0)
	for {
		n, err := s.Index.DeleteExpiredAttachments(ctx, now, pruneRows)
		if err != nil {
			return err
		}
		if expired += n; n < pruneRows {
			break
		}
	}
	var old []string
	err := s.Content.Each(ctx, func(name string, _ int64, written time.Time) error {
		if now.Sub(written) < youngest {
			return nil
		}
		if old = append(old, name); len(old) < pruneFiles {
			return nil
		}
		batch := old
		old = old[:0]
		return s.drop(ctx, batch)
	})
	if err == nil {
		err = s.drop(ctx, old)
	}
	if err != nil {
		return fmt.Errorf("delete the bytes of old attachments: %w", err)
	}
	if expired > 0 {
		s.Logger.Info("expired attachments are deleted", "files", expired)
	}
	return nil
}

// drop deletes those contents that no file has.
func (s *Service) drop(ctx context.Context, checksums []string) error {
	used, err := s.Index.AttachmentsWith(ctx, checksums)
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(used))
	for _, c := range used {
		keep[c] = true
	}
	for _, c := range checksums {
		if keep[c] {
			continue
		}
		if err := s.Content.Remove(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
