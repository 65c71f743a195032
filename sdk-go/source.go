package faultline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	contextLines    = 5
	maxSourceFile   = 2 << 20
	maxSourceCache  = 8 << 20
	maxSourceMisses = 10_000
	maxSourceLine   = 512
)

// sources reads source lines from disk and keeps what it read, within limits.
// Only the goroutine that encodes events uses it, so no caller waits for a disk.
type sources struct {
	root string

	mu    sync.Mutex
	files map[string][][]byte // nil: cannot be read
	bytes int
}

func newSources(root string) *sources {
	return &sources{root: root, files: map[string][][]byte{}}
}

// annotate adds the lines around each frame.
func (s *sources) annotate(frames []Frame) {
	for i := range frames {
		f := &frames[i]
		if f.Lineno <= 0 || f.ContextLine != "" || f.AbsPath == "" {
			continue
		}
		lines := s.lines(f.AbsPath)
		if f.Lineno > len(lines) {
			continue
		}
		at := f.Lineno - 1
		f.PreContext = text(lines[max(0, at-contextLines):at])
		f.ContextLine = text(lines[at : at+1])[0]
		f.PostContext = text(lines[at+1 : min(len(lines), at+1+contextLines)])
	}
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
	s.mu.Lock()
	defer s.mu.Unlock()
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
