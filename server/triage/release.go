package triage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// releasesSize bounds how many releases are remembered. Beyond it all are forgotten.
const releasesSize = 10_000

// releases remembers since when releases are known at the latest.
type releases struct {
	mu    sync.Mutex
	since map[releaseKey]time.Time
}

type releaseKey struct {
	project uint32
	release string
}

func (r *releases) knownBefore(k releaseKey, at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	since, ok := r.since[k]
	return ok && since.Before(at)
}

func (r *releases) put(k releaseKey, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since == nil || len(r.since) >= releasesSize {
		r.since = make(map[releaseKey]time.Time)
	}
	r.since[k] = at
}

// releasedBefore reports whether a project has an event of a release from before a time.
func (s *Service) releasedBefore(ctx context.Context, projectID uint32, release string, at time.Time) (bool, error) {
	k := releaseKey{projectID, release}
	if s.releases.knownBefore(k, at) {
		return true, nil
	}
	found, err := s.Stored.Events(ctx, view.EventsRequest{
		ProjectID: projectID, Range: view.Range{End: at}, Limit: 1,
		Query: search.Query{Root: search.Compare{
			Key: search.Key{Field: search.Release}, Values: []search.Value{{Pattern: search.NewPattern(release)}},
		}},
	})
	if err != nil {
		return false, fmt.Errorf("look for release %q of project %d: %w", release, projectID, err)
	}
	if len(found) == 0 {
		return false, nil
	}
	s.releases.put(k, found[0].Timestamp)
	return true, nil
}
