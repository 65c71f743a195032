package spool

import (
	"fmt"
	"os"
	"path/filepath"
)

// run is the part of the folder that one run of a program wrote: a lock file
// and numbered segments.
type run struct {
	dir      string
	name     string
	lock     *os.File
	live     bool // written by this program, now
	segments []*segment
	next     int
}

// segment is one file of a run. The spool's lock guards all but reading.
type segment struct {
	run     *run
	file    *os.File
	path    string
	size    int64
	pending int
	sealed  bool
}

func lockName(run string) string { return run + ".lock" }

func segmentName(run string, n int) string { return fmt.Sprintf("%s-%08d.seg", run, n) }

func (r *run) last() *segment {
	if len(r.segments) == 0 {
		return nil
	}
	return r.segments[len(r.segments)-1]
}

func (r *run) pending() int {
	n := 0
	for _, s := range r.segments {
		n += s.pending
	}
	return n
}

func (r *run) size() int64 {
	var n int64
	for _, s := range r.segments {
		n += s.size
	}
	return n
}

// create begins a new segment.
func (r *run) create() (*segment, error) {
	r.next++
	path := filepath.Join(r.dir, segmentName(r.name, r.next))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create spool segment: %w", err)
	}
	if _, err := f.WriteAt([]byte(magic), 0); err != nil {
		f.Close()
		os.Remove(path)
		return nil, fmt.Errorf("begin spool segment: %w", err)
	}
	s := &segment{run: r, file: f, path: path, size: int64(len(magic))}
	r.segments = append(r.segments, s)
	return s, nil
}

// remove deletes the run's files, the lock last.
func (r *run) remove() {
	for _, s := range r.segments {
		s.remove()
	}
	r.segments = nil
	os.Remove(filepath.Join(r.dir, lockName(r.name)))
	r.lock.Close()
}

// release closes the run's files and lets another program take it over.
func (r *run) release() {
	for _, s := range r.segments {
		s.file.Close()
	}
	r.lock.Close()
}

func (s *segment) remove() {
	s.file.Close()
	os.Remove(s.path)
}

// read returns an event's encoding.
func (s *segment) read(r Ref) ([]byte, error) {
	data := make([]byte, r.length)
	if _, err := s.file.ReadAt(data, r.offset); err != nil {
		return nil, fmt.Errorf("read spool segment: %w", err)
	}
	return data, nil
}
