package meta

import (
	"context"

	"github.com/faultline-dev/faultline/internal/artifact"
)

const releaseColumns = `project_id, version, ref, url, created_at, started_at, released_at`

func scanRelease(r scanner) (v artifact.Release, err error) {
	return v, r.Scan(&v.ProjectID, &v.Version, &v.Ref, &v.URL, intoTime(&v.CreatedAt), intoTime(&v.StartedAt), intoTime(&v.ReleasedAt))
}

// PutRelease adds a release, or writes what is told of it into the one that stands,
// and returns that: what is empty changes nothing.
func (s *Store) PutRelease(ctx context.Context, r artifact.Release) (artifact.Release, error) {
	return one(ctx, s.write, "release "+r.Version, scanRelease, `INSERT INTO releases (`+releaseColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (project_id, version) DO UPDATE SET
			ref = CASE WHEN excluded.ref = '' THEN releases.ref ELSE excluded.ref END,
			url = CASE WHEN excluded.url = '' THEN releases.url ELSE excluded.url END,
			started_at = CASE WHEN excluded.started_at = 0 THEN releases.started_at ELSE excluded.started_at END,
			released_at = CASE WHEN excluded.released_at = 0 THEN releases.released_at ELSE excluded.released_at END
		RETURNING `+releaseColumns,
		r.ProjectID, clean(r.Version), clean(r.Ref), clean(r.URL), micros(r.CreatedAt), micros(r.StartedAt), micros(r.ReleasedAt))
}

// Release returns one announced release, or project.ErrNotFound.
func (s *Store) Release(ctx context.Context, projectID uint32, version string) (artifact.Release, error) {
	return one(ctx, s.read, "release "+version, scanRelease,
		`SELECT `+releaseColumns+` FROM releases WHERE project_id = $1 AND version = $2`, projectID, clean(version))
}

// Releases returns the newest announced releases of a project, at most limit.
func (s *Store) Releases(ctx context.Context, projectID uint32, limit int) ([]artifact.Release, error) {
	return list(ctx, s.read, "releases", scanRelease,
		`SELECT `+releaseColumns+` FROM releases WHERE project_id = $1 ORDER BY created_at DESC, version LIMIT $2`, projectID, limit)
}
