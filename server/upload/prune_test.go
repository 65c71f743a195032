package upload

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func TestTheOldestGoFirst(t *testing.T) {
	t.Parallel()
	c := Config{Age: 24 * time.Hour, ProjectBytes: 100, TotalBytes: 150}
	b := func(id string, projectID uint32, hours int, bytes int64) artifact.Bundle {
		return artifact.Bundle{ID: id, ProjectID: projectID, Bytes: bytes, CreatedAt: now.Add(-time.Duration(hours) * time.Hour)}
	}
	f := func(want string, all ...artifact.Bundle) {
		t.Helper()
		keep, drop := c.choose(all, now)
		var names []string
		for _, b := range keep {
			names = append(names, b.ID)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want || len(keep)+len(drop) != len(all) {
			t.Errorf("%q are kept, not %q", got, want)
		}
	}
	f("")
	f("", b("old", 1, 25, 1))
	f("new", b("old", 1, 25, 1), b("new", 1, 1, 1))
	f("b c", b("a", 1, 3, 50), b("b", 1, 2, 50), b("c", 1, 1, 50))
	f("b c", b("a", 1, 3, 60), b("b", 2, 2, 60), b("c", 1, 1, 60))
}

func TestPruneDeletesFilesThatNobodyHas(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	store, err := meta.Open(ctx, filepath.Join(dir, "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.EnsureOrganization(ctx, project.Organization{ID: "acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.CreateProject(ctx, project.Project{ID: 7, OrganizationID: "acme", Slug: "web"}); err != nil {
		t.Fatal(err)
	}
	chunks, bundles := disk.New(filepath.Join(dir, "chunks")), disk.New(filepath.Join(dir, "bundles"))
	s, err := New(DefaultConfig(), Parts{Index: store, Chunks: chunks, Bundles: bundles})
	if err != nil {
		t.Fatal(err)
	}
	const hello, world = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "7c211433f02071597741e6ff5a8ea34789abbf43"
	for name, text := range map[string]string{hello: "hello", world: "world"} {
		if _, err := bundles.Put(ctx, name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if err := s.Chunk(ctx, name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.PutBundle(ctx, artifact.Bundle{ProjectID: 7, Checksum: hello, Bytes: 5, CreatedAt: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	left := func(want int) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
		if err != nil || len(files) != want {
			t.Errorf("%v are left, not %d; %v", files, want, err)
		}
		for _, f := range files {
			if err := os.Chtimes(f, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	prune := func(at time.Time) {
		t.Helper()
		if err := s.Prune(ctx, at); err != nil {
			t.Error(err)
		}
	}
	prune(time.Now())
	left(4)
	prune(time.Now())
	left(1)
	prune(time.Now().Add(91 * 24 * time.Hour))
	left(0)
	if has, err := store.HasBundles(ctx, 7); err != nil || has {
		t.Error(has, err)
	}
}
