package meta

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/artifact"
)

const bundleColumns = `id, project_id, checksum, release, dist, bytes, created_at`

func scanBundle(r scanner) (v artifact.Bundle, err error) {
	return v, r.Scan(&v.ID, &v.ProjectID, &v.Checksum, &v.Release, &v.Dist, &v.Bytes, intoTime(&v.CreatedAt))
}

const foundColumns = `b.checksum, f.kind, f.path, f.url, f.debug_id, f.map_url`

func scanFound(r scanner) (v artifact.Found, err error) {
	return v, r.Scan(&v.Checksum, &v.Kind, &v.Path, &v.URL, &v.DebugID, &v.MapURL)
}

// PutBundle adds a bundle with its files, all or nothing, and writes down that the events
// of before are to be explained by it. One that the project has already for the release
// gets the new time and nothing else.
func (s *Store) PutBundle(ctx context.Context, b artifact.Bundle, files []artifact.File) error {
	if b.ID == "" {
		b.ID = newID()
	}
	b.Release, b.Dist = clean(b.Release), clean(b.Dist)
	return s.tx(ctx, func(tx transaction) error {
		id, err := one(ctx, tx, "bundle "+b.Checksum, scanText, `INSERT INTO artifact_bundles (`+bundleColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (project_id, checksum, release, dist) DO UPDATE SET created_at = excluded.created_at RETURNING id`,
			b.ID, b.ProjectID, b.Checksum, b.Release, b.Dist, b.Bytes, micros(b.CreatedAt))
		if err != nil {
			return err
		}
		for _, f := range files {
			_, err := exec(ctx, tx, "add a file of a bundle",
				`INSERT INTO artifact_files (bundle_id, path, project_id, kind, url, debug_id, map_url) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (bundle_id, path) DO NOTHING`,
				id, clean(f.Path), b.ProjectID, f.Kind, clean(f.URL), f.DebugID, clean(f.MapURL))
			if err != nil {
				return err
			}
		}
		if id != b.ID {
			return nil
		}
		return addRepairs(ctx, tx, b, files)
	})
}

// Bundles returns the bundles of every project, oldest first.
func (s *Store) Bundles(ctx context.Context) ([]artifact.Bundle, error) {
	return list(ctx, s.read, "bundles", scanBundle, `SELECT `+bundleColumns+` FROM artifact_bundles ORDER BY created_at, id`)
}

// HasBundles reports whether a project has any bundle.
func (s *Store) HasBundles(ctx context.Context, projectID uint32) (bool, error) {
	ids, err := list(ctx, s.read, "bundles", scanText, `SELECT id FROM artifact_bundles WHERE project_id = $1 LIMIT 1`, projectID)
	return len(ids) > 0, err
}

// DeleteBundle deletes a bundle with the index of its files. It is no error if there is
// none.
func (s *Store) DeleteBundle(ctx context.Context, id string) error {
	_, err := exec(ctx, s.write, "delete bundle "+id, `DELETE FROM artifact_bundles WHERE id = $1`, id)
	return err
}

// FilesByDebugID returns the files of a project with a debug id and of a kind, the last
// uploaded first.
func (s *Store) FilesByDebugID(ctx context.Context, projectID uint32, kind artifact.Kind, debugID string) ([]artifact.Found, error) {
	return list(ctx, s.read, "files", scanFound, `SELECT `+foundColumns+` FROM artifact_files f JOIN artifact_bundles b ON b.id = f.bundle_id
		WHERE f.project_id = $1 AND f.debug_id = $2 AND f.kind = $3 ORDER BY b.created_at DESC, b.id DESC, f.path LIMIT 10`, projectID, debugID, kind)
}

// FilesByURL returns the files of a release and distribution of a project that are
// served under one of some addresses, the last uploaded first.
func (s *Store) FilesByURL(ctx context.Context, projectID uint32, release, dist string, urls []string) ([]artifact.Found, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	args := []any{projectID, clean(release), clean(dist)}
	for _, u := range urls {
		args = append(args, clean(u))
	}
	return list(ctx, s.read, "files", scanFound, fmt.Sprintf(`SELECT `+foundColumns+` FROM artifact_files f JOIN artifact_bundles b ON b.id = f.bundle_id
		WHERE f.project_id = $1 AND b.release = $2 AND b.dist = $3 AND f.url IN (%s) ORDER BY b.created_at DESC, b.id DESC, f.path LIMIT 20`,
		placeholders(4, len(urls))), args...)
}
