package upload

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
)

// foreseeTime bounds how long an upload waits for the issues of the past to be prepared.
const foreseeTime = 20 * time.Second

// foresee prepares the issues of the past for a bundle that is about to count. If that
// fails, the repair that follows does it, and until then the first event of an issue may
// look like that of a new one.
func (s *Service) foresee(ctx context.Context, b artifact.Bundle, files []artifact.File) {
	if s.past == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, foreseeTime)
	defer cancel()
	l := &lookup{service: s, ctx: ctx, project: b.ProjectID, only: contents{b, files}, found: map[question][]mapPlace{}}
	alone := func(e *event.Event) (int, error) {
		l.failed = nil
		return explain(e, l), l.failed
	}
	for _, r := range artifact.Repairs(b, files) {
		if err := s.past.Foresee(ctx, r, alone); err != nil {
			s.log.Warn("issues could not be prepared for an upload; it is done later", "project", b.ProjectID, "error", err)
			return
		}
	}
}

// contents is an index of one bundle.
type contents struct {
	bundle artifact.Bundle
	files  []artifact.File
}

// FilesByDebugID implements finder.
func (c contents) FilesByDebugID(_ context.Context, _ uint32, kind artifact.Kind, debugID string) (found []artifact.Found, err error) {
	for _, f := range c.files {
		if f.Kind == kind && f.DebugID == debugID {
			found = append(found, artifact.Found{Checksum: c.bundle.Checksum, File: f})
		}
	}
	return found, nil
}

// FilesByURL implements finder.
func (c contents) FilesByURL(_ context.Context, _ uint32, release, dist string, urls []string) (found []artifact.Found, err error) {
	if release != c.bundle.Release || dist != c.bundle.Dist {
		return nil, nil
	}
	for _, f := range c.files {
		if slices.Contains(urls, f.URL) {
			found = append(found, artifact.Found{Checksum: c.bundle.Checksum, File: f})
		}
	}
	return found, nil
}
