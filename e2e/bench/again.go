package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// again is what was measured of a server that was started on the folder of the first one.
type again struct {
	start   time.Duration
	idle    both          // after calm
	server  time.Duration // of CPU, while it was calm
	engine  time.Duration
	calm    time.Duration
	queries []answered
	warm    []answered // of part of a run only
}

// How long a server is left alone after its start, and how long what it does then is
// measured.
const (
	settleDown = 30 * time.Second
	calm       = 30 * time.Second
)

// measureAgain starts the server on what is stored, leaves it alone, and asks it what
// nobody asked before.
func measureAgain(ctx context.Context, o options, r *report) error {
	s, err := startServer(ctx, o.binary, filepath.Join(o.data, "server"), false)
	if err != nil {
		return err
	}
	defer s.kill()
	a := again{start: s.started, calm: calm}
	if err := rest(ctx, settleDown); err != nil {
		return err
	}
	before, err := s.usage()
	if err != nil {
		return err
	}
	if err := rest(ctx, calm); err != nil {
		return err
	}
	if a.idle, err = s.usage(); err != nil {
		return err
	}
	a.server, a.engine = a.idle.server.since(before.server).cpu, a.idle.engine.since(before.engine).cpu
	load := newLoad(o, o.events)
	for _, q := range questions(load) {
		if err := forgetFiles(filepath.Join(o.data, "server")); err != nil {
			return err
		}
		began := time.Now()
		if err := s.put(ctx, q); err != nil {
			return err
		}
		a.queries = append(a.queries, answered{name: q.name, first: time.Since(began)})
	}
	if o.questionsOnly {
		if a.warm, err = s.ask(ctx, load); err != nil {
			return err
		}
	}
	r.again = a
	_, err = s.stop()
	return err
}

// forgetFiles takes the files of a folder out of the kernel's cache.
func forgetFiles(folder string) error {
	syscall.Sync()
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil // a part that was merged meanwhile
		}
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// markdown are the lines about it.
func (a again) markdown(questions []answered, rows uint64) (memory, asked string) {
	memory = fmt.Sprintf("| start to ready, on %d events | %s |\n", rows, ms(a.start)) +
		fmt.Sprintf("| then left alone: server and engine in memory | %s + %s |\n", mib(a.idle.server.now), mib(a.idle.engine.now)) +
		fmt.Sprintf("| and of one core | %.2f %% + %.2f %% |\n", 100*a.server.Seconds()/a.calm.Seconds(), 100*a.engine.Seconds()/a.calm.Seconds())
	asked = fmt.Sprintf("| question over REST, %d events stored | the first time, from disk | median of 11 |\n|---|---|---|\n", rows)
	for i, q := range questions {
		asked += fmt.Sprintf("| %s | %s | %s |\n", q.name, ms(a.queries[i].first), ms(q.median))
	}
	return memory, asked
}
