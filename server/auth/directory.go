package auth

import (
	"context"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Directory is a copy of what the pipeline has to know of projects. What it
// returns is shared: callers must not change it. It is safe for concurrent use.
type Directory struct {
	projects *cache[uint32, project.Project]
	watches  *cache[uint32, map[event.Fingerprint]struct{}]
	rules    *cache[uint32, []rule.Rule]
}

// NewDirectory makes an empty directory over a store.
func NewDirectory(store ProjectStore, cfg Config) *Directory {
	watch := func(ctx context.Context, id uint32) (map[event.Fingerprint]struct{}, error) {
		fps, err := store.WatchList(ctx, id)
		if err != nil {
			return nil, err
		}
		set := make(map[event.Fingerprint]struct{}, len(fps))
		for _, fp := range fps {
			set[fp] = struct{}{}
		}
		return set, nil
	}
	return &Directory{
		projects: newCache("the project", cfg.Projects, cfg, store.Project),
		watches:  newCache("the watch list", cfg.Projects, cfg, watch),
		rules:    newCache("the alert rules", cfg.Projects, cfg, store.Rules),
	}
}

// Project returns a project with its settings; project.ErrNotFound, or an
// UnavailableError.
func (d *Directory) Project(ctx context.Context, id uint32) (project.Project, error) {
	return d.projects.get(ctx, id)
}

// Watch returns the fingerprints of a project whose next event may change an
// issue.
func (d *Directory) Watch(ctx context.Context, projectID uint32) (map[event.Fingerprint]struct{}, error) {
	return d.watches.get(ctx, projectID)
}

// Rules returns the alert rules of a project.
func (d *Directory) Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error) {
	return d.rules.get(ctx, projectID)
}

// Invalidate makes the next question about a project go to the store; 0 stands
// for every project.
func (d *Directory) Invalidate(projectID uint32) {
	d.projects.forget(func(id uint32, _ project.Project) bool { return projectID == 0 || id == projectID })
	d.watches.forget(func(id uint32, _ map[event.Fingerprint]struct{}) bool { return projectID == 0 || id == projectID })
	d.rules.forget(func(id uint32, _ []rule.Rule) bool { return projectID == 0 || id == projectID })
}
