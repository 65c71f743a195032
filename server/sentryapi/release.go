package sentryapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/project"
)

// releaseBody is what a client says of a release.
type releaseBody struct {
	Version      string  `json:"version"`
	Projects     names   `json:"projects"`
	Ref          *string `json:"ref"`
	URL          *string `json:"url"`
	DateStarted  *string `json:"dateStarted"`
	DateReleased *string `json:"dateReleased"`
}

// releaseAnswer is what a client is told of one.
type releaseAnswer struct {
	Version      string           `json:"version"`
	ShortVersion string           `json:"shortVersion"`
	Ref          *string          `json:"ref"`
	URL          *string          `json:"url"`
	DateCreated  time.Time        `json:"dateCreated"`
	DateStarted  *time.Time       `json:"dateStarted"`
	DateReleased *time.Time       `json:"dateReleased"`
	LastEvent    *time.Time       `json:"lastEvent"`
	NewGroups    int              `json:"newGroups"`
	Projects     []releaseProject `json:"projects"`
}

type releaseProject struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// createRelease notes a release of every project that is named.
func (h *Handler) createRelease(r *request) (any, error) {
	var q releaseBody
	if err := body(r, &q); err != nil {
		return nil, err
	}
	return h.note(r, q.Version, q)
}

// updateRelease notes what is new about a release.
func (h *Handler) updateRelease(r *request) (any, error) {
	var q releaseBody
	if err := body(r, &q); err != nil {
		return nil, err
	}
	return h.note(r, r.PathValue("version"), q)
}

func (h *Handler) note(r *request, version string, q releaseBody) (any, error) {
	version = strings.TrimSpace(version)
	const longest = 250
	if version == "" || len(version) > longest {
		return nil, &fault{http.StatusBadRequest, fmt.Sprintf("a version has between 1 and %d bytes", longest)}
	}
	started, err := date(q.DateStarted)
	if err != nil {
		return nil, err
	}
	released, err := date(q.DateReleased)
	if err != nil {
		return nil, err
	}
	of := named(r, q.Projects)
	if len(of) == 0 && r.Method == http.MethodPost {
		return nil, &fault{http.StatusBadRequest, "name the projects of the release"}
	}
	projects, err := h.projects(r, of)
	if err == nil && len(of) == 0 {
		projects, err = h.announced(r, version, projects)
	}
	if err != nil {
		return nil, err
	}
	var noted artifact.Release
	for _, p := range projects {
		if noted, err = h.Releases.PutRelease(r.Context(), artifact.Release{
			ProjectID: p.ID, Version: version, Ref: text(q.Ref), URL: text(q.URL),
			CreatedAt: time.Now(), StartedAt: started, ReleasedAt: released,
		}); err != nil {
			return nil, err
		}
	}
	return tell(noted, projects), nil
}

// announced are those of some projects that have a release. What is new about it says nothing
// about the others.
func (h *Handler) announced(r *request, version string, projects []project.Project) (of []project.Project, err error) {
	for _, p := range projects {
		switch _, err := h.Releases.Release(r.Context(), p.ID, version); {
		case err == nil:
			of = append(of, p)
		case !errors.Is(err, project.ErrNotFound):
			return nil, err
		}
	}
	if len(of) == 0 {
		return nil, &fault{http.StatusNotFound, "nobody has announced this release; name its projects to announce it"}
	}
	return of, nil
}

// named are the projects that a request names: in its path, its body, or its query.
func named(r *request, inBody names) names {
	if one := r.PathValue("project"); one != "" {
		return names{one}
	}
	if len(inBody) > 0 {
		return inBody
	}
	return r.URL.Query()["project"]
}

// release tells of one release.
func (h *Handler) release(r *request) (any, error) {
	projects, err := h.projects(r, named(r, nil))
	if err != nil {
		return nil, err
	}
	var noted artifact.Release
	var of []project.Project
	for _, p := range projects {
		one, err := h.Releases.Release(r.Context(), p.ID, r.PathValue("version"))
		if errors.Is(err, project.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		noted, of = one, append(of, p)
	}
	if len(of) == 0 {
		return nil, &fault{http.StatusNotFound, "nobody has announced this release"}
	}
	return tell(noted, of), nil
}

// releases tells of the newest releases, project by project.
func (h *Handler) releases(r *request) (any, error) {
	projects, err := h.projects(r, named(r, nil))
	if err != nil {
		return nil, err
	}
	const page = 100
	answers := []releaseAnswer{}
	for _, p := range projects {
		if len(answers) == page {
			break
		}
		all, err := h.Releases.Releases(r.Context(), p.ID, page-len(answers))
		if err != nil {
			return nil, err
		}
		for _, noted := range all {
			answers = append(answers, tell(noted, []project.Project{p}))
		}
	}
	return answers, nil
}

// tell makes the answer about a release of some projects.
func tell(n artifact.Release, projects []project.Project) releaseAnswer {
	a := releaseAnswer{Version: n.Version, ShortVersion: n.Version, DateCreated: n.CreatedAt, DateStarted: given(n.StartedAt), DateReleased: given(n.ReleasedAt)}
	if n.Ref != "" {
		a.Ref = &n.Ref
	}
	if n.URL != "" {
		a.URL = &n.URL
	}
	for _, p := range projects {
		a.Projects = append(a.Projects, releaseProject{p.Slug, p.Name})
	}
	return a
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// date reads a time as clients write it.
func date(s *string) (time.Time, error) {
	if text(s) == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, *s)
	if err != nil {
		return time.Time{}, &fault{http.StatusBadRequest, "a date is not of the form 2006-01-02T15:04:05Z: " + *s}
	}
	return t, nil
}
