package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func open(t fataler, opt Options) *Spool {
	t.Helper()
	s, err := Open(opt)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func id(n int) (id [16]byte) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func newRecord(n, size int) Record {
	return Record{ID: id(n), Data: bytes.Repeat([]byte{byte(n)}, size)}
}

// adopted returns what a new spool in the folder finds, and leaves it there.
func adopted(t fataler, dir string) (map[[16]byte][]byte, *Spool) {
	t.Helper()
	s := open(t, Options{Dir: dir})
	found := map[[16]byte][]byte{}
	err := s.Adopt(func(r Recovered) error {
		data, err := s.Read(r.Ref)
		if err != nil {
			return err
		}
		if _, twice := found[r.ID]; twice {
			return fmt.Errorf("event %x was found twice", r.ID)
		}
		found[r.ID] = data
		return nil
	})
	if err != nil {
		t.Fatalf("adopt: %v", err)
	}
	return found, s
}

// abandon closes files and lock as the end of a process does.
func abandon(s *Spool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, r := range append(s.taken, s.own) {
		r.release()
	}
}

func files(t fataler, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestEventsSurviveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, SegmentBytes: 1000})
	var refs []Ref
	for n := range 50 {
		r, err := s.Append([]Record{newRecord(n, 100)})
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, r...)
	}
	for n := 0; n < 50; n += 2 {
		s.Done([]Done{{ID: id(n), Ref: refs[n]}})
	}
	abandon(s)

	found, next := adopted(t, dir)
	if len(found) != 25 {
		t.Errorf("found %d events, left 25 behind", len(found))
	}
	for n := 1; n < 50; n += 2 {
		if !bytes.Equal(found[id(n)], newRecord(n, 100).Data) {
			t.Errorf("event %d came back as %q", n, found[id(n)])
		}
	}
	abandon(next)
}

func TestNothingIsLeftWhenEveryEventHasItsOutcome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, SegmentBytes: 500})
	var done []Done
	for n := range 20 {
		refs, err := s.Append([]Record{newRecord(n, 100)})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, Done{ID: id(n), Ref: refs[0]})
	}
	s.Done(done)
	if s.size != int64(len(magic)) {
		t.Errorf("%d bytes are in use", s.size)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnAdoptedRunIsRemovedWhenItIsDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	if _, err := s.Append([]Record{newRecord(1, 10), newRecord(2, 10)}); err != nil {
		t.Fatal(err)
	}
	abandon(s)

	next := open(t, Options{Dir: dir})
	var got []Recovered
	if err := next.Adopt(func(r Recovered) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	next.Done([]Done{{ID: got[0].ID, Ref: got[0].Ref}})
	abandon(next)
	found, third := adopted(t, dir)
	if len(found) != 1 {
		t.Errorf("a third run found %d events, 1 was left", len(found))
	}
	if err := third.Adopt(func(Recovered) error { return errors.New("found once more") }); err != nil {
		t.Error(err)
	}
	third.Done([]Done{{ID: got[1].ID, Ref: third.taken[0].ref(t, id(2))}})
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// ref finds an event again in a run that was taken over.
func (r *run) ref(t *testing.T, want [16]byte) Ref {
	t.Helper()
	for _, seg := range r.segments {
		if seg.pending > 0 {
			return Ref{segment: seg, length: 1}
		}
	}
	t.Fatalf("event %x is not there", want)
	return Ref{}
}

func TestTheSizeIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const limit = 10_000
	for range 3 {
		s := open(t, Options{Dir: dir, MaxBytes: limit, SegmentBytes: 2000})
		if err := s.Adopt(func(Recovered) error { return nil }); err != nil {
			t.Fatal(err)
		}
		var err error
		for n := 0; n < 1000 && err == nil; n++ {
			_, err = s.Append([]Record{newRecord(n, 300), newRecord(n, 300)})
		}
		if !errors.Is(err, ErrFull) {
			t.Fatalf("full spool says: %v", err)
		}
		abandon(s)
	}
	var size int64
	for _, name := range files(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > limit {
		t.Errorf("%d bytes on disk, limit %d", size, limit)
	}
}

func TestRoomComesBackWhenEventsAreDone(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Dir: t.TempDir(), MaxBytes: 10_000, SegmentBytes: 2000})
	for n := range 500 {
		refs, err := s.Append([]Record{newRecord(n, 900)})
		if err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
		s.Done([]Done{{ID: id(n), Ref: refs[0]}})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALivingProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	alive := open(t, Options{Dir: dir})
	defer abandon(alive)
	if _, err := alive.Append([]Record{newRecord(1, 10)}); err != nil {
		t.Fatal(err)
	}
	found, other := adopted(t, dir)
	defer abandon(other)
	if len(found) != 0 {
		t.Errorf("took %d events of a living program", len(found))
	}
}

func TestManyProgramsTakeOverEachEventOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const runs, each = 10, 20
	for r := range runs {
		s := open(t, Options{Dir: dir})
		for n := range each {
			if _, err := s.Append([]Record{newRecord(r*each+n, 50)}); err != nil {
				t.Fatal(err)
			}
		}
		abandon(s)
	}
	var mu sync.Mutex
	count := map[[16]byte]int{}
	var alive []*Spool
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(Options{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			alive = append(alive, s)
			mu.Unlock()
			if err := s.Adopt(func(r Recovered) error {
				mu.Lock()
				defer mu.Unlock()
				count[r.ID]++
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range alive {
		abandon(s)
	}
	if len(count) != runs*each {
		t.Errorf("found %d events of %d", len(count), runs*each)
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("event %x was taken over %d times", id, n)
		}
	}
}

func TestATornEndLosesOnlyTheTornEvent(t *testing.T) {
	t.Parallel()
	f := func(name string, damage func(whole []byte) []byte, want int) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			for n := range 10 {
				if _, err := s.Append([]Record{newRecord(n, 100)}); err != nil {
					t.Fatal(err)
				}
			}
			path := s.own.segments[0].path
			abandon(s)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(whole), 0o600); err != nil {
				t.Fatal(err)
			}
			found, next := adopted(t, dir)
			defer abandon(next)
			if len(found) != want {
				t.Errorf("found %d events, want %d", len(found), want)
			}
		})
	}
	f("cut in the body", func(b []byte) []byte { return b[:len(b)-5] }, 9)
	f("cut in the header", func(b []byte) []byte { return b[:len(b)-120] }, 9)
	f("a bit flipped", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, 9)
	f("zeros behind", func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, 10)
	f("empty", func([]byte) []byte { return nil }, 0)
}

func TestAFailedWriteLeavesNoTrace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	if _, err := s.Append([]Record{newRecord(1, 10)}); err != nil {
		t.Fatal(err)
	}
	writable := s.own.segments[0].file
	readOnly, err := os.Open(s.own.segments[0].path)
	if err != nil {
		t.Fatal(err)
	}
	s.own.segments[0].file = readOnly
	refs, err := s.Append([]Record{newRecord(2, 10)})
	if err == nil || refs[0].Valid() {
		t.Fatal("a write to a read-only file succeeded")
	}
	writable.Close()
	if refs, err = s.Append([]Record{newRecord(3, 10)}); err != nil || !refs[0].Valid() {
		t.Fatalf("the next write: %v", err)
	}
	abandon(s)
	found, next := adopted(t, dir)
	defer abandon(next)
	if len(found) != 2 {
		t.Errorf("found %d events, want 2", len(found))
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: filepath.Join(file, "spool")}); err == nil {
		t.Error("no error")
	}
}

// TestTheSpoolAgreesWithAModel runs random histories, crashes included, and
// compares with a map.
func TestTheSpoolAgreesWithAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			t.Fatalf("%v", err)
		}
		defer os.RemoveAll(dir)
		opt := Options{Dir: dir, SegmentBytes: 600}
		s := open(t, opt)
		live := map[int]Ref{}
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				var records []Record
				for range rapid.IntRange(1, 5).Draw(t, "events") {
					records = append(records, newRecord(next+len(records), rapid.IntRange(0, 300).Draw(t, "size")))
				}
				refs, err := s.Append(records)
				if err != nil {
					t.Fatalf("append: %v", err)
				}
				for i, r := range refs {
					live[next+i] = r
				}
				next += len(records)
			},
			"done": func(t *rapid.T) {
				for n, ref := range live {
					s.Done([]Done{{ID: id(n), Ref: ref}})
					delete(live, n)
					break
				}
			},
			"crash": func(t *rapid.T) {
				abandon(s)
				s = open(t, opt)
				found := map[int]Ref{}
				err := s.Adopt(func(r Recovered) error {
					found[int(binary.BigEndian.Uint64(r.ID[8:]))] = r.Ref
					return nil
				})
				if err != nil || len(found) != len(live) {
					t.Fatalf("found %d events, left %d (%v)", len(found), len(live), err)
				}
				for n := range live {
					if _, ok := found[n]; !ok {
						t.Fatalf("event %d is missing", n)
					}
				}
				live = found
			},
			"": func(t *rapid.T) {
				for n, ref := range live {
					data, err := s.Read(ref)
					if err != nil || len(data) != ref.Len() || len(data) > 0 && data[0] != byte(n) {
						t.Fatalf("event %d reads as %v (%v)", n, data, err)
					}
				}
			},
		})
		abandon(s)
	})
}

func FuzzScan(f *testing.F) {
	whole := appendRecord([]byte(magic), kindEvent, make([]byte, idSize), []byte("data"))
	whole = appendRecord(whole, kindDone, make([]byte, 2*idSize), nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Add(append([]byte(magic), 1, 0xff, 0xff, 0xff, 0x03))
	f.Fuzz(func(t *testing.T, data []byte) {
		seg, done := &segment{}, map[[idSize]byte]bool{}
		var events []Recovered
		end, err := scan(bytes.NewReader(data), func(r record) error {
			if len(r.body) > len(data) {
				t.Fatal("a body longer than its file")
			}
			events = collect(events, seg, r, done)
			return nil
		})
		if end > int64(len(data)) {
			t.Fatalf("read %d of %d bytes", end, len(data))
		}
		for _, e := range events {
			if e.Ref.offset+int64(e.Ref.length) > end {
				t.Fatal("an event lies beyond the end")
			}
		}
		if err == nil && end > 0 {
			again, err := scan(bytes.NewReader(data[:end]), func(record) error { return nil })
			if again != end || err != nil {
				t.Fatalf("the whole part reads as %d of %d bytes (%v)", again, end, err)
			}
		}
	})
}
