package upload

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/symbolicate"
	"github.com/faultline-dev/faultline/server/symbolicate/retrace"
	"github.com/faultline-dev/faultline/server/symbolicate/symbols"
)

// lookupTime bounds how long the index may keep an event waiting.
const lookupTime = 2 * time.Second

// Event explains the frames of an event by what was uploaded for its project. For a
// project without uploads, and for an event without scripts, it costs next to nothing.
// When the index or the files fail, the event stays as it is.
func (s *Service) Event(projectID uint32, e *event.Event) {
	if !wanted(e) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	has, err := s.known.Get(ctx, projectID, otter.LoaderFunc[uint32, bool](s.index.HasBundles))
	if err != nil {
		s.known.Set(projectID, false) // for a while, so that events do not wait one after the other
		s.log.Warn("the uploads of a project cannot be looked up; frames stay minified", "project", projectID, "error", err)
		return
	}
	if !has {
		return
	}
	explain(e, &lookup{service: s, ctx: ctx, project: projectID})
}

// wanted reports whether anything that is uploaded could explain an event.
func wanted(e *event.Event) bool {
	return symbolicate.Wanted(e) || len(e.DebugImages) > 0 && (retrace.Wanted(e) || symbols.Wanted(e))
}

// explain explains an event by everything that is uploaded.
func explain(e *event.Event, l *lookup) (explained int) {
	if symbolicate.Wanted(e) {
		explained += symbolicate.Event(e, l)
	}
	if retrace.Wanted(e) {
		explained += retrace.Event(e, l)
	}
	if symbols.Wanted(e) {
		explained += symbols.Event(e, l)
	}
	return explained
}

// Explain is Event for somebody who can wait and must know: it says how many frames were
// explained, and fails where the index or the files do.
func (s *Service) Explain(ctx context.Context, projectID uint32, e *event.Event) (int, error) {
	if !wanted(e) {
		return 0, nil
	}
	l := &lookup{service: s, ctx: ctx, project: projectID}
	n := explain(e, l)
	return n, l.failed
}

// forget makes the next question about a project go to the index.
func (s *Service) forget(projectID uint32) {
	s.known.Invalidate(projectID)
	for q := range s.places.Keys() {
		if q.project == projectID {
			s.places.Invalidate(q)
		}
	}
}

// question is what an event asks: by debug id, or by release and address.
type question struct {
	project       uint32
	kind          artifact.Kind
	debugID       string
	release, dist string
	url           string
}

// mapPlace is where a map is: a file of a bundle, or the comment of a script in it.
type mapPlace struct {
	checksum, path string
	kind           artifact.Kind
	inline         bool
}

// finder finds files: the index of all uploads, or that of one.
type finder interface {
	FilesByDebugID(ctx context.Context, projectID uint32, kind artifact.Kind, debugID string) ([]artifact.Found, error)
	FilesByURL(ctx context.Context, projectID uint32, release, dist string, urls []string) ([]artifact.Found, error)
}

// lookup answers the questions of one event, or, with a finder of its own, of many.
type lookup struct {
	service *Service
	ctx     context.Context
	project uint32
	only    finder                  // nil: the index of all uploads, whose answers are remembered
	found   map[question][]mapPlace // what only has answered
	failed  error                   // the first failure
}

// ByDebugID implements symbolicate.Lookup.
func (l *lookup) ByDebugID(id string) *symbolicate.Map { return l.byID(artifact.Map, id).m }

// ByURL implements symbolicate.Lookup.
func (l *lookup) ByURL(release, dist, url string) *symbolicate.Map {
	return l.find(question{project: l.project, kind: artifact.Map, release: release, dist: dist, url: url}).m
}

// Mapping implements retrace.Lookup.
func (l *lookup) Mapping(id string) *retrace.Mapping { return l.byID(artifact.Mapping, id).mapping }

// Symbols implements symbols.Lookup.
func (l *lookup) Symbols(id string) *symbols.Table { return l.byID(artifact.Symbols, id).symbols }

func (l *lookup) byID(kind artifact.Kind, id string) parsed {
	if id = artifact.ID(id); id == "" {
		return parsed{}
	}
	return l.find(question{project: l.project, kind: kind, debugID: id})
}

func (l *lookup) find(q question) parsed {
	s := l.service
	places, err := l.places(q)
	if err != nil {
		l.fail(err)
		s.log.Warn("an upload cannot be looked up; frames stay as they are", "project", q.project, "error", err)
		return parsed{}
	}
	for _, place := range places {
		p, err := s.parsed.Get(l.ctx, place, otter.LoaderFunc[mapPlace, parsed](s.load))
		if err != nil {
			l.fail(err)
			s.log.Warn("an upload cannot be read; frames stay as they are", "project", q.project, "upload", place.checksum, "file", place.path, "error", err)
			continue
		}
		if !p.empty() {
			return p
		}
	}
	return parsed{}
}

func (l *lookup) fail(err error) {
	if l.failed == nil {
		l.failed = err
	}
}

// places are the maps that may answer a question, the best first.
func (l *lookup) places(q question) ([]mapPlace, error) {
	s := l.service
	if l.only == nil {
		places, err := s.places.Get(l.ctx, q, otter.LoaderFunc[question, []mapPlace](func(ctx context.Context, q question) ([]mapPlace, error) {
			return s.locate(ctx, s.index, q)
		}))
		if err != nil {
			s.places.Set(q, nil) // for a while, so that events do not wait one after the other
		}
		return places, err
	}
	places, known := l.found[q]
	if known {
		return places, nil
	}
	places, err := s.locate(l.ctx, l.only, q)
	if err == nil {
		l.found[q] = places
	}
	return places, err
}

// locate finds the maps that may answer a question, the best first.
func (s *Service) locate(ctx context.Context, index finder, q question) ([]mapPlace, error) {
	if q.debugID != "" {
		files, err := index.FilesByDebugID(ctx, q.project, q.kind, q.debugID)
		if err != nil {
			return nil, err
		}
		return placesOf(files), nil
	}
	names := symbolicate.Names(q.url)
	scripts, err := index.FilesByURL(ctx, q.project, q.release, q.dist, names)
	if err != nil {
		return nil, err
	}
	scripts = slices.DeleteFunc(scripts, func(f artifact.Found) bool { return f.Kind != artifact.Script })
	slices.SortStableFunc(scripts, func(a, b artifact.Found) int { return slices.Index(names, a.URL) - slices.Index(names, b.URL) })
	if len(scripts) == 0 {
		return nil, nil
	}
	script := scripts[0]
	reference := script.MapURL
	if reference == "" {
		if reference, err = s.reference(ctx, script); err != nil {
			return nil, err
		}
	}
	switch {
	case strings.HasPrefix(reference, "data:"):
		return []mapPlace{{checksum: script.Checksum, path: script.Path, kind: artifact.Map, inline: true}}, nil
	case reference == "":
		reference = script.URL + ".map"
	default:
		reference = symbolicate.Resolve(script.URL, reference)
	}
	files, err := index.FilesByURL(ctx, q.project, q.release, q.dist, symbolicate.Names(reference))
	if err != nil {
		return nil, err
	}
	return placesOf(slices.DeleteFunc(files, func(f artifact.Found) bool { return f.Kind != artifact.Map })), nil
}

func placesOf(files []artifact.Found) []mapPlace {
	places := make([]mapPlace, len(files))
	for i, f := range files {
		places[i] = mapPlace{checksum: f.Checksum, path: f.Path, kind: f.Kind}
	}
	return places
}

// reference is what the last comment of a script says of its map.
func (s *Service) reference(ctx context.Context, script artifact.Found) (string, error) {
	text, err := s.read(ctx, script.Checksum, script.Path)
	if errors.Is(err, ErrBundle) {
		return "", nil
	}
	return symbolicate.Reference(text), err
}

func (s *Service) read(ctx context.Context, checksum, path string) ([]byte, error) {
	file, err := s.bundles.Open(ctx, checksum)
	if err != nil {
		return nil, err
	}
	b, err := openBundle(file)
	if err != nil {
		return nil, err
	}
	defer b.close()
	return b.read(path, symbolicate.MaxMapBytes)
}

// inlineMap is the map that a script carries in its comment.
func inlineMap(reference string) ([]byte, error) {
	_, data, found := strings.Cut(reference, ";base64,")
	if !found {
		return nil, fmt.Errorf("%w: the comment of its script has no map in base 64", symbolicate.ErrMap)
	}
	text, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, fmt.Errorf("%w: the comment of its script: %w", symbolicate.ErrMap, err)
	}
	return text, nil
}
