package symbolicate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of one source map. A map beyond them is refused: it would take more memory
// than a server has for it.
const (
	MaxMapBytes = 64 << 20
	maxTokens   = 4 << 20
	maxPlace    = 1 << 30 // of lines and columns
)

// ErrMap is in every error about a text that is no source map.
var ErrMap = errors.New("not a source map")

// Map is a source map that has been read. It is safe for concurrent use.
type Map struct {
	tokens  []token // by place in the generated script
	sources []*source
	names   []string
	bytes   int
}

// token says that from a place of the generated script on, the code comes from a
// place of a source. All numbers count from 0.
type token struct {
	genLine, genColumn uint32
	line, column       uint32
	source, name       int32 // -1: none
}

// Place is where code comes from.
type Place struct {
	Source string // as the map names it, below its root
	Line   uint32 // from 0
	Column uint32 // from 0, in UTF-16 units
	Name   string // what the source calls what the generated script has there; may be empty

	source *source
}

// document is the JSON of a source map.
type document struct {
	Version        int       `json:"version"`
	SourceRoot     *string   `json:"sourceRoot"`
	Sources        []*string `json:"sources"`
	SourcesContent []*string `json:"sourcesContent"`
	Names          []string  `json:"names"`
	Mappings       string    `json:"mappings"`
	Sections       []section `json:"sections"`
}

type section struct {
	Offset struct {
		Line   int64 `json:"line"`
		Column int64 `json:"column"`
	} `json:"offset"`
	Map *document `json:"map"`
}

// ParseMap reads a source map, plain or in sections.
func ParseMap(text []byte) (*Map, error) {
	if len(text) > MaxMapBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrMap, len(text), MaxMapBytes)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(text, []byte(")]}")) { // a line that keeps the file from being a script
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	var d document
	if err := json.Unmarshal(text, &d, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMap, err)
	}
	m := &Map{}
	if err := m.add(&d); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMap, err)
	}
	byPlace := func(a, b token) int {
		return cmp.Or(cmp.Compare(a.genLine, b.genLine), cmp.Compare(a.genColumn, b.genColumn))
	}
	if !slices.IsSortedFunc(m.tokens, byPlace) {
		slices.SortStableFunc(m.tokens, byPlace)
	}
	m.tokens = slices.Clip(m.tokens)
	m.bytes = m.size()
	return m, nil
}

// add takes over a map, or its sections.
func (m *Map) add(d *document) error {
	if len(d.Sections) == 0 {
		return m.section(d, 0, 0)
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Map == nil || len(s.Map.Sections) > 0 {
			return fmt.Errorf("section %d has no map of its own", i)
		}
		if s.Offset.Line < 0 || s.Offset.Column < 0 || s.Offset.Line > maxPlace || s.Offset.Column > maxPlace {
			return fmt.Errorf("section %d begins nowhere", i)
		}
		if err := m.section(s.Map, s.Offset.Line, s.Offset.Column); err != nil {
			return fmt.Errorf("section %d: %w", i, err)
		}
	}
	return nil
}

// section takes over one plain map, whose script begins at a place of ours.
func (m *Map) section(d *document, line, column int64) error {
	if d.Version != 3 {
		return fmt.Errorf("version %d is not supported, only 3", d.Version)
	}
	firstSource, firstName := len(m.sources), len(m.names)
	root := ""
	if d.SourceRoot != nil && *d.SourceRoot != "" {
		root = strings.TrimRight(*d.SourceRoot, "/") + "/"
	}
	for i, name := range d.Sources {
		s := &source{}
		if name != nil {
			s.name = *name
			if root != "" && !absolute(s.name) {
				s.name = root + s.name
			}
		}
		if i < len(d.SourcesContent) && d.SourcesContent[i] != nil {
			s.content = *d.SourcesContent[i]
		}
		m.sources = append(m.sources, s)
	}
	m.names = append(m.names, d.Names...)
	v := decoder{text: d.Mappings, line: line, column: column, sources: len(d.Sources), names: len(d.Names)}
	return v.decode(func(t token) error {
		if len(m.tokens) == maxTokens {
			return fmt.Errorf("more than %d mappings", maxTokens)
		}
		if t.source >= 0 {
			t.source += int32(firstSource)
		}
		if t.name >= 0 {
			t.name += int32(firstName)
		}
		m.tokens = append(m.tokens, t)
		return nil
	})
}

// absolute reports whether a source's name does not depend on the map's root.
func absolute(name string) bool { return strings.HasPrefix(name, "/") || strings.Contains(name, "://") }

// Find says where the code at a line and column of the generated script comes from;
// both count from 0, columns in UTF-16 units.
func (m *Map) Find(line, column uint32) (Place, bool) {
	i := sort.Search(len(m.tokens), func(i int) bool {
		t := &m.tokens[i]
		return t.genLine > line || t.genLine == line && t.genColumn > column
	}) - 1
	if i < 0 || m.tokens[i].genLine != line || m.tokens[i].source < 0 {
		return Place{}, false
	}
	t := m.tokens[i]
	p := Place{Line: t.line, Column: t.column, source: m.sources[t.source]}
	p.Source = p.source.name
	if t.name >= 0 {
		p.Name = m.names[t.name]
	}
	return p, true
}

// Bytes is about how much memory the map takes.
func (m *Map) Bytes() int { return m.bytes }

func (m *Map) size() int {
	n := 256 + len(m.tokens)*24
	for _, s := range m.sources {
		// What is made of a source when somebody asks for its lines and functions is no
		// larger than the source.
		n += 160 + len(s.name) + 2*len(s.content)
	}
	for _, name := range m.names {
		n += 16 + len(name)
	}
	return n
}
