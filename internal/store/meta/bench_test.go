package meta_test

import (
	"path/filepath"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

// BenchmarkEnsureIssue is the price of a fingerprint that was never seen, on the
// disk of the machine.
func BenchmarkEnsureIssue(b *testing.B) {
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
	for n := 0; b.Loop(); n++ {
		if _, _, err := s.EnsureIssue(b.Context(), record(webIssue(n))); err != nil {
			b.Fatal(err)
		}
	}
}
