package watch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
)

// Settings knows projects, their rules and which of their issues were merged.
type Settings interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error)
	Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error)
}

// settings are what is cached of one project.
type settings struct {
	slug   string
	rules  []rule.Rule
	merged map[issue.ID]issue.ID
	read   time.Time
}

// waitsFor reports whether any rule waits for a trigger.
func (p settings) waitsFor(t rule.Trigger) bool {
	return slices.ContainsFunc(p.rules, func(r rule.Rule) bool { return r.Enabled && r.Wants(t) })
}

// needsWhole reports whether a rule that waits for a trigger asks for more than the short form
// of an event has.
func (p settings) needsWhole(t rule.Trigger) bool {
	return slices.ContainsFunc(p.rules, func(r rule.Rule) bool {
		q, err := search.ParseEvents(r.Query)
		return r.Enabled && r.Wants(t) && err == nil && !q.FitsSummary()
	})
}

// target is the issue that an issue counts for.
func (p settings) target(id issue.ID) issue.ID {
	if into, ok := p.merged[id]; ok {
		return into
	}
	return id
}

// cache keeps the settings of projects for a while.
type cache struct {
	mu sync.Mutex
	of map[uint32]settings
}

func (c *cache) get(id uint32) (settings, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.of[id]
	return p, ok
}

func (c *cache) put(id uint32, p settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[uint32]settings)
	}
	c.of[id] = p
}

func (c *cache) forget(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id == 0 {
		c.of = nil
	}
	delete(c.of, id)
}

// project reads the settings of a project, from the cache while they are fresh.
func (s *Service) project(ctx context.Context, id uint32) (settings, error) {
	if p, ok := s.cache.get(id); ok && time.Since(p.read) < s.cfg.SettingsTTL {
		return p, nil
	}
	now := time.Now()
	known, err := s.Settings.Project(ctx, id)
	if err != nil {
		return settings{}, fmt.Errorf("read project %d: %w", id, err)
	}
	p := settings{slug: known.Slug, merged: make(map[issue.ID]issue.ID), read: now}
	if p.rules, err = s.Settings.Rules(ctx, id); err != nil {
		return settings{}, fmt.Errorf("read the rules of project %d: %w", id, err)
	}
	merges, err := s.Settings.Merges(ctx, id)
	if err != nil {
		return settings{}, fmt.Errorf("read the merges of project %d: %w", id, err)
	}
	for _, m := range merges {
		if !m.Undone {
			p.merged[m.From] = m.Into
		}
	}
	s.cache.put(id, p)
	return p, nil
}
