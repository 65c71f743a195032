package faultline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

const (
	contextLines    = 5
	maxSourceFile   = 2 << 20
	maxSourceCache  = 8 << 20
	maxSourceMisses = 10_000
	maxSourceLine   = 512
	maxExcerpts     = 10_000
)

// sources reads source lines from disk and keeps what it read, within limits.
// Only the goroutine that encodes events uses it, so no caller waits for a disk.
type sources struct {
	root string

	files    map[string][][]byte // nil: cannot be read
	bytes    int
	excerpts map[place]excerpt
}

type place struct {
	file string
	line int
}

// excerpt is a line with those around it.
type excerpt struct {
	before, after []string
	line          string
}

func newSources(root string) *sources {
	return &sources{root: root, files: map[string][][]byte{}, excerpts: map[place]excerpt{}}
}

// annotate adds the lines around each frame.
func (s *sources) annotate(frames []Frame) {
	for i := range frames {
		f := &frames[i]
		if f.Lineno <= 0 || f.ContextLine != "" || f.AbsPath == "" {
			continue
		}
		x := s.excerpt(place{f.AbsPath, f.Lineno})
		f.PreContext, f.ContextLine, f.PostContext = x.before, x.line, x.after
	}
}

// excerpt returns the lines around a place, none if they cannot be read.
func (s *sources) excerpt(p place) excerpt {
	if x, ok := s.excerpts[p]; ok {
		return x
	}
	var x excerpt
	if lines := s.lines(p.file); p.line <= len(lines) {
		at := p.line - 1
		x.before = text(lines[max(0, at-contextLines):at])
		x.line = text(lines[at : at+1])[0]
		x.after = text(lines[at+1 : min(len(lines), at+1+contextLines)])
	}
	if len(s.excerpts) >= maxExcerpts {
		clear(s.excerpts)
	}
	s.excerpts[p] = x
	return x
}

func text(lines [][]byte) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		line = bytes.TrimSuffix(line, []byte("\r"))
		out[i] = strings.ToValidUTF8(string(line[:min(len(line), maxSourceLine)]), "\uFFFD")
	}
	return out
}

// lines returns a file's lines, nil if it cannot be read.
func (s *sources) lines(file string) [][]byte {
	lines, known := s.files[file]
	if known {
		return lines
	}
	data := s.read(file)
	if s.bytes+len(data) > maxSourceCache || len(s.files) >= maxSourceMisses {
		clear(s.files)
		s.bytes = 0
	}
	if data != nil {
		lines = bytes.Split(data, []byte("\n"))
		s.bytes += len(data) + 24*len(lines)
	}
	s.files[file] = lines
	return lines
}

// read finds the file: as named, or, when -trimpath shortened its name, below
// the root of the main module.
func (s *sources) read(file string) []byte {
	if filepath.IsAbs(file) {
		return readSource(file)
	}
	main := buildInfo().Main.Path
	rest, ok := strings.CutPrefix(filepath.ToSlash(file), main+"/")
	if !ok || main == "" || !filepath.IsLocal(rest) {
		return nil
	}
	return readSource(filepath.Join(s.root, filepath.FromSlash(rest)))
}

func readSource(file string) []byte {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSourceFile {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil || len(data) > maxSourceFile {
		return nil
	}
	return data
}
