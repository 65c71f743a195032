package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// profileSeconds is how much of a run is profiled.
const profileSeconds = 10

// profile takes a CPU profile of the server from now on, and one of its heap in the end.
// The channel gives one error or nil when both are written.
func (s *server) profile(ctx context.Context, folder string) <-chan error {
	done := make(chan error, 1)
	if folder == "" {
		done <- nil
		return done
	}
	go func() {
		err := s.saveProfile(ctx, fmt.Sprintf("profile?seconds=%d", profileSeconds), filepath.Join(folder, "cpu.pprof"))
		if err == nil {
			err = s.saveProfile(ctx, "heap", filepath.Join(folder, "heap.pprof"))
		}
		done <- err
	}()
	return done
}

func (s *server) saveProfile(ctx context.Context, name, file string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.profiles+"/debug/pprof/"+name, nil)
	if err != nil {
		return err
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("profile the server: %w", err)
	}
	defer w.Body.Close()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, w.Body); err != nil {
		f.Close()
		return fmt.Errorf("profile the server: %w", err)
	}
	return f.Close()
}
