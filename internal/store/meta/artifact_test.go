package meta_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testArtifacts(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	put := func(b artifact.Bundle, files ...artifact.File) {
		t.Helper()
		if err := s.PutBundle(ctx, b, files); err != nil {
			t.Fatal(err)
		}
	}
	found := func(got []artifact.Found, err error, want ...artifact.Found) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	has := func(want bool) {
		t.Helper()
		if got, err := s.HasBundles(ctx, web.ID); err != nil || got != want {
			t.Errorf("%v, %v", got, err)
		}
	}
	script := artifact.File{Kind: artifact.Script, Path: "a", URL: "~/a.js", DebugID: "1", MapURL: "a.js.map"}
	mapped := artifact.File{Kind: artifact.Map, Path: "b", URL: "~/a.js.map", DebugID: "1"}
	old := artifact.Bundle{ID: "old", ProjectID: web.ID, Checksum: "c1", Release: "1.0", Bytes: 10, CreatedAt: at}
	young := artifact.Bundle{ID: "new", ProjectID: web.ID, Checksum: "c2", Release: "2.0", Dist: "x", Bytes: 20, CreatedAt: at.Add(time.Hour)}
	has(false)
	put(old, script, mapped)
	put(young, mapped)
	has(true)
	files, err := s.FilesByDebugID(ctx, web.ID, artifact.Map, "1")
	found(files, err, artifact.Found{Checksum: "c2", File: mapped}, artifact.Found{Checksum: "c1", File: mapped})
	files, err = s.FilesByDebugID(ctx, app.ID, artifact.Map, "1")
	found(files, err)
	files, err = s.FilesByURL(ctx, web.ID, "1.0", "", []string{"~/a.js", "~/b.js"})
	found(files, err, artifact.Found{Checksum: "c1", File: script})
	files, err = s.FilesByURL(ctx, web.ID, "2.0", "", []string{"~/a.js.map"})
	found(files, err)
	again := old
	again.ID, again.CreatedAt = "again", at.Add(2*time.Hour)
	put(again, script, mapped)
	bundles, err := s.Bundles(ctx)
	again.ID = old.ID
	if diff := cmp.Diff([]artifact.Bundle{young, again}, bundles); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, id := range []string{"old", "new", "new"} {
		if err := s.DeleteBundle(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	has(false)
	files, err = s.FilesByDebugID(ctx, web.ID, artifact.Map, "1")
	found(files, err)
}

func testRepairs(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	id := "aabbccdd222233334444555555555555"
	files := []artifact.File{{Kind: artifact.Script, Path: "a", DebugID: id}, {Kind: artifact.Map, Path: "b", DebugID: id}}
	put := func(checksum, release string, at time.Time, files []artifact.File) {
		t.Helper()
		if err := s.PutBundle(ctx, artifact.Bundle{ProjectID: web.ID, Checksum: checksum, Release: release, CreatedAt: at}, files); err != nil {
			t.Fatal(err)
		}
	}
	put("r1", "1.0", at, files)
	put("r1", "1.0", at.Add(time.Minute), files) // uploaded again
	put("r2", "", at.Add(time.Hour), files[1:])
	put("r3", "", at, files[:1]) // explains nothing
	if n, err := s.PendingRepairs(ctx); err != nil || n != 2 {
		t.Errorf("%d repairs, %v", n, err)
	}
	next := func(now time.Time, want artifact.Repair) artifact.Repair {
		t.Helper()
		got, found, err := s.NextRepair(ctx, now, now.Add(time.Minute))
		if want.ID = got.ID; err != nil || !found || !cmp.Equal(got, want) {
			t.Errorf("%v, %v: %s", found, err, cmp.Diff(want, got))
		}
		return got
	}
	now := at.Add(2 * time.Hour)
	first := next(now, artifact.Repair{ProjectID: web.ID, Release: "1.0", DebugIDs: []string{id}, CreatedAt: at, Lease: now.Add(time.Minute)})
	second := next(now, artifact.Repair{ProjectID: web.ID, DebugIDs: []string{id}, CreatedAt: at.Add(time.Hour), Lease: now.Add(time.Minute)})
	if _, found, err := s.NextRepair(ctx, now, now.Add(time.Minute)); found || err != nil {
		t.Error("a repair that somebody works on was taken", err)
	}
	first.Place, first.Seen, first.Changed = "here", 7, 5
	kept, err := s.KeepRepair(ctx, first, now.Add(2*time.Minute))
	if err != nil || kept.Place != "here" || !kept.Lease.Equal(now.Add(2*time.Minute)) {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, err := s.KeepRepair(ctx, first, now.Add(3*time.Minute)); !errors.Is(err, project.ErrNotFound) {
		t.Error("somebody else's repair was written", err)
	}
	first.Lease = now.Add(5 * time.Minute)
	next(now.Add(4*time.Minute), first) // whoever worked on it has gone
	for _, id := range []string{first.ID, second.ID, second.ID} {
		if err := s.EndRepair(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.PendingRepairs(ctx); err != nil || n != 0 {
		t.Errorf("%d repairs, %v", n, err)
	}
}

func testReleases(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	if _, err := s.Release(ctx, web.ID, "1.0"); !errors.Is(err, project.ErrNotFound) {
		t.Error(err)
	}
	want := artifact.Release{ProjectID: web.ID, Version: "1.0", Ref: "main", CreatedAt: at, StartedAt: at}
	if got, err := s.PutRelease(ctx, want); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	want.URL, want.ReleasedAt = "https://ci.example/1", at.Add(time.Hour)
	if got, err := s.PutRelease(ctx, artifact.Release{ProjectID: web.ID, Version: "1.0", URL: want.URL, CreatedAt: at.Add(time.Hour), ReleasedAt: want.ReleasedAt}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Release(ctx, web.ID, "1.0"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if all, err := s.Releases(ctx, web.ID, 10); err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("%+v, %v", all, err)
	}
}
