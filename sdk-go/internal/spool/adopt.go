package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Adopt takes over the runs in the folder whose programs have ended and calls
// fn for each event that has no outcome yet, oldest first. An error of fn
// ends it. Files that cannot be read are left alone.
func (s *Spool) Adopt(fn func(Recovered) error) error {
	names, err := s.orphans()
	if err != nil {
		return err
	}
	var failed error
	for name, files := range names {
		if err := s.adoptRun(name, files, fn); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// orphans lists the folder's runs other than this program's, with their segments in order.
func (s *Spool) orphans() (map[string][]string, error) {
	entries, err := os.ReadDir(s.opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("list spool folder: %w", err)
	}
	runs := map[string][]string{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".lock"); ok && name != s.own.name {
			runs[name] = append(runs[name], nil...)
		}
		if base, ok := strings.CutSuffix(e.Name(), ".seg"); ok {
			if name, _, ok := strings.Cut(base, "-"); ok && name != s.own.name {
				runs[name] = append(runs[name], e.Name())
			}
		}
	}
	for _, files := range runs {
		slices.Sort(files)
	}
	return runs, nil
}

// adoptRun takes over one run, unless its program lives.
func (s *Spool) adoptRun(name string, files []string, fn func(Recovered) error) error {
	lock, err := acquire(filepath.Join(s.opt.Dir, lockName(name)))
	if errors.Is(err, errLocked) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock spool run: %w", err)
	}
	r := &run{dir: s.opt.Dir, name: name, lock: lock}
	done := map[[idSize]byte]bool{}
	var found []Recovered
	for _, file := range files {
		seg, events, err := r.load(file, done)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed by its program before it ended
		}
		if err != nil {
			r.release()
			return err
		}
		r.segments = append(r.segments, seg)
		found = append(found, events...)
	}
	found = slices.DeleteFunc(found, func(e Recovered) bool { return done[e.ID] })
	for _, e := range found {
		e.Ref.segment.pending++
	}
	if len(found) == 0 {
		r.remove()
		return nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		r.release()
		return errClosed
	}
	s.taken = append(s.taken, r)
	s.size += r.size()
	s.mu.Unlock()
	for _, e := range found {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// load reads a segment: its events and, into done, the ids that have their outcome.
func (r *run) load(file string, done map[[idSize]byte]bool) (*segment, []Recovered, error) {
	path := filepath.Join(r.dir, file)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open spool segment: %w", err)
	}
	seg := &segment{run: r, file: f, path: path, sealed: true}
	var events []Recovered
	seg.size, err = scan(f, func(rec record) error {
		events = collect(events, seg, rec, done)
		return nil
	})
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return seg, events, nil
}

// collect adds what one record tells.
func collect(events []Recovered, seg *segment, rec record, done map[[idSize]byte]bool) []Recovered {
	switch {
	case rec.kind == kindEvent && len(rec.body) >= idSize:
		return append(events, Recovered{
			ID:  [idSize]byte(rec.body),
			Ref: Ref{segment: seg, offset: rec.offset + idSize, length: len(rec.body) - idSize},
		})
	case rec.kind == kindDone:
		for ids := rec.body; len(ids) >= idSize; ids = ids[idSize:] {
			done[[idSize]byte(ids)] = true
		}
	}
	return events
}
