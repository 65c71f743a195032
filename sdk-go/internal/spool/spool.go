// Package spool keeps encoded events on disk until they have their outcome,
// so that they survive the death of the program. Every running program has
// segment files of its own in the shared folder and holds a lock while it
// lives; whoever finds an unlocked run takes its events over. It refuses to
// grow beyond its limit and to interpret the events.
package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Options says where and how much to keep.
type Options struct {
	// Dir is the folder; several programs may share it.
	Dir string
	// MaxBytes bounds the files of this program and of those it takes over.
	MaxBytes int64
	// SegmentBytes is the size at which a new file begins.
	SegmentBytes int64
	// Sync makes every Append wait for the disk, so that events survive a
	// crash of the machine and not only of the program.
	Sync bool
}

// Record is an event to keep.
type Record struct {
	ID   [16]byte
	Data []byte
}

// Ref is where an event is kept. The zero Ref is not valid.
type Ref struct {
	segment *segment
	offset  int64
	length  int
}

// Valid reports whether the event is on disk.
func (r Ref) Valid() bool { return r.segment != nil }

// Len returns the size of the event's encoding.
func (r Ref) Len() int { return r.length }

// Done names an event that has its outcome.
type Done struct {
	ID  [16]byte
	Ref Ref
}

// Recovered is an event that an earlier run left behind.
type Recovered struct {
	ID  [16]byte
	Ref Ref
}

// ErrFull means that the spool has reached its limit.
var ErrFull = errors.New("spool is full")

// errClosed means that the spool was closed.
var errClosed = errors.New("spool is closed")

// Spool is one program's share of the folder. Its methods may be called from
// any goroutine.
type Spool struct {
	opt Options

	mu     sync.Mutex
	own    *run
	taken  []*run
	size   int64
	buf    []byte
	closed bool
}

// Open makes the folder and this program's lock in it.
func Open(opt Options) (*Spool, error) {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = 64 << 20
	}
	if opt.SegmentBytes <= 0 {
		opt.SegmentBytes = max(64<<10, min(4<<20, opt.MaxBytes/8))
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool folder: %w", err)
	}
	for range 10 {
		var raw [8]byte
		_, _ = rand.Read(raw[:])
		name := hex.EncodeToString(raw[:])
		lock, err := acquire(filepath.Join(opt.Dir, lockName(name)))
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("lock spool folder: %w", err)
		}
		return &Spool{opt: opt, own: &run{dir: opt.Dir, name: name, lock: lock, live: true}}, nil
	}
	return nil, fmt.Errorf("lock spool folder %s: no free name", opt.Dir)
}

// Append writes events with one write. It returns a Ref for each; those that
// did not fit or could not be written are not valid, and the error says why.
func (s *Spool) Append(records []Record) ([]Ref, error) {
	refs := make([]Ref, len(records))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return refs, errClosed
	}
	for done := 0; done < len(records); {
		seg, err := s.active()
		if err != nil {
			return refs, err
		}
		buf, n := s.buf[:0], 0
		for _, r := range records[done:] {
			size := int64(headerSize + idSize + len(r.Data))
			if s.size+int64(len(buf))+size > s.opt.MaxBytes {
				break
			}
			if n > 0 && seg.size+int64(len(buf))+size > s.opt.SegmentBytes {
				break
			}
			refs[done+n] = Ref{segment: seg, offset: seg.size + int64(len(buf)) + headerSize + idSize, length: len(r.Data)}
			buf = appendRecord(buf, kindEvent, r.ID[:], r.Data)
			n++
		}
		s.keep(buf)
		if n == 0 {
			return refs, ErrFull
		}
		if err := s.write(seg, buf, s.opt.Sync); err != nil {
			clear(refs[done:])
			return refs, err
		}
		seg.pending += n
		done += n
	}
	return refs, nil
}

// keep holds on to a buffer of ordinary size for the next write.
func (s *Spool) keep(buf []byte) {
	if cap(buf) <= 1<<20 {
		s.buf = buf[:0]
	}
}

// active returns the segment to append to.
func (s *Spool) active() (*segment, error) {
	if seg := s.own.last(); seg != nil && !seg.sealed && seg.size < s.opt.SegmentBytes {
		return seg, nil
	}
	if seg := s.own.last(); seg != nil {
		seg.sealed = true
		s.reap(s.own)
	}
	if s.size+int64(len(magic)) > s.opt.MaxBytes {
		return nil, ErrFull
	}
	seg, err := s.own.create()
	if err != nil {
		return nil, err
	}
	s.size += seg.size
	return seg, nil
}

// write appends to a segment; what a failed write left is cut off again.
func (s *Spool) write(seg *segment, buf []byte, sync bool) error {
	if _, err := seg.file.WriteAt(buf, seg.size); err != nil {
		seg.sealed = seg.file.Truncate(seg.size) != nil
		return fmt.Errorf("write spool segment: %w", err)
	}
	if sync {
		if err := seg.file.Sync(); err != nil {
			seg.sealed = true
			return fmt.Errorf("sync spool segment: %w", err)
		}
	}
	seg.size += int64(len(buf))
	s.size += int64(len(buf))
	return nil
}

// Read returns the encoding of an event that has no outcome yet.
func (s *Spool) Read(r Ref) ([]byte, error) {
	if !r.Valid() {
		return nil, errors.New("read spool: no such event")
	}
	return r.segment.read(r)
}

// Done notes that events have their outcome. Files that hold only such events
// are removed; a note that cannot be written makes the event come back after
// a crash, where the server recognises it.
func (s *Spool) Done(events []Done) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	byRun := map[*run][]byte{}
	for _, e := range events {
		e.Ref.segment.pending--
		byRun[e.Ref.segment.run] = append(byRun[e.Ref.segment.run], e.ID[:]...)
	}
	for r, ids := range byRun {
		if s.reap(r); r.pending() == 0 {
			s.empty(r)
			continue
		}
		if seg := r.last(); seg != nil {
			s.buf = appendRecord(s.buf[:0], kindDone, ids, nil)
			_ = s.write(seg, s.buf, false)
			s.keep(s.buf)
		}
	}
}

// reap removes the oldest segments of a run while they are done with. The
// order matters: a later segment may hold the notes about an earlier one.
func (s *Spool) reap(r *run) {
	for len(r.segments) > 1 && r.segments[0].pending == 0 {
		s.size -= r.segments[0].size
		r.segments[0].remove()
		r.segments = r.segments[1:]
	}
}

// empty removes what a run without pending events still has on disk.
func (s *Spool) empty(r *run) {
	if r.live {
		if seg := r.last(); seg != nil && seg.file.Truncate(int64(len(magic))) == nil {
			s.size -= seg.size - int64(len(magic))
			seg.size = int64(len(magic))
		}
		return
	}
	s.size -= r.size()
	r.remove()
	for i, taken := range s.taken {
		if taken == r {
			s.taken = append(s.taken[:i], s.taken[i+1:]...)
			return
		}
	}
}

// Close lets go of the folder. Events without outcome stay for the next run.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	for _, r := range append(s.taken, s.own) {
		if r.pending() == 0 {
			r.remove()
		} else {
			r.release()
		}
	}
	return nil
}
