// Package disk keeps files in a folder, each under the SHA-1 of what is in it. A file
// is there whole or not at all, and never changes. The folder is made with the
// first file. It knows nothing of what the files hold, and deletes nothing by itself.
package disk

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// Store is a folder of files. It is safe for concurrent use, also by several processes.
type Store struct{ dir string }

// New is a store in a folder, which need not exist.
func New(dir string) *Store { return &Store{dir: dir} }

// temporary begins the names of files that are being written.
const temporary = "tmp-"

// path is where a file is: a folder of more than some thousand files is slow.
func (s *Store) path(name string) (string, error) {
	if len(name) != 2*sha1.Size || strings.Trim(name, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is no SHA-1 in hexadecimal digits: %w", name, artifact.ErrNoFile)
	}
	return filepath.Join(s.dir, name[:2], name[2:]), nil
}

// Put keeps a content under its checksum, and returns its size. artifact.ErrChecksum if it has
// another.
func (s *Store) Put(_ context.Context, name string, content io.Reader) (size int64, err error) {
	path, err := s.path(name)
	if err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	f, err := os.CreateTemp(s.dir, temporary)
	if err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	sum := sha1.New()
	if size, err = io.Copy(io.MultiWriter(f, sum), content); err != nil {
		return 0, fmt.Errorf("write a file: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != name {
		return 0, fmt.Errorf("%w: %s, but %s", artifact.ErrChecksum, name, got)
	}
	if err = f.Sync(); err != nil {
		return 0, fmt.Errorf("write a file: %w", err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	return size, f.Close()
}

// Open opens a file, or fails with artifact.ErrNoFile.
func (s *Store) Open(_ context.Context, name string) (*os.File, error) {
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, artifact.ErrNoFile)
	}
	if err != nil {
		return nil, fmt.Errorf("open a kept file: %w", err)
	}
	return f, nil
}

// Has reports whether a file is there.
func (s *Store) Has(_ context.Context, name string) (bool, error) {
	path, err := s.path(name)
	if err != nil {
		return false, nil
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a kept file: %w", err)
	}
	return true, nil
}

// Remove deletes a file. It is no error if there is none.
func (s *Store) Remove(_ context.Context, name string) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete a kept file: %w", err)
	}
	return nil
}

// Each calls f for every file, in no order, until f fails. What a crash left half
// written more than an hour ago is deleted on the way.
func (s *Store) Each(ctx context.Context, f func(name string, size int64, written time.Time) error) error {
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile, or nothing was ever kept
		}
		if err != nil || d.IsDir() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), temporary) {
			if time.Since(info.ModTime()) > time.Hour {
				return os.Remove(path)
			}
			return nil
		}
		return f(filepath.Base(filepath.Dir(path))+d.Name(), info.Size(), info.ModTime())
	})
	if err != nil {
		return fmt.Errorf("list kept files: %w", err)
	}
	return nil
}
