package meta_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

// BenchmarkEnsureIssue is the price of a fingerprint that was never seen, on the
// disk of the machine: one after another, and by as many as triage has workers.
func BenchmarkEnsureIssue(b *testing.B) {
	b.Run("alone", func(b *testing.B) { benchmarkEnsureIssue(b, 1) })
	b.Run("8 at once", func(b *testing.B) { benchmarkEnsureIssue(b, 8) })
}

func benchmarkEnsureIssue(b *testing.B, workers int) {
	s, err := meta.Open(b.Context(), filepath.Join(b.TempDir(), "meta.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	if _, err := s.EnsureOrganization(b.Context(), project.Organization{ID: orgID}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.CreateProject(b.Context(), web); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range workers {
		all.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				if _, _, err := s.EnsureIssue(b.Context(), record(webIssue(n))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
