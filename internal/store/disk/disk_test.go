package disk_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/store/disk"
)

const hello = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" // of "hello"

func TestFilesAreKeptUnderTheirChecksum(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet")
	s, ctx := disk.New(dir), t.Context()
	names := func() (all []string) {
		t.Helper()
		if err := s.Each(ctx, func(name string, size int64, _ time.Time) error {
			all = append(all, name)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if n := names(); n != nil {
		t.Errorf("a store that does not exist holds %v", n)
	}
	if _, err := s.Open(ctx, hello); !errors.Is(err, artifact.ErrNoFile) {
		t.Error(err)
	}
	if _, err := s.Put(ctx, "../../etc/passwd", strings.NewReader("x")); !errors.Is(err, artifact.ErrNoFile) {
		t.Error(err)
	}
	if _, err := s.Put(ctx, hello, strings.NewReader("hell")); !errors.Is(err, artifact.ErrChecksum) {
		t.Error(err)
	}
	for range 2 {
		if size, err := s.Put(ctx, hello, strings.NewReader("hello")); err != nil || size != 5 {
			t.Errorf("%d, %v", size, err)
		}
	}
	if has, err := s.Has(ctx, hello); err != nil || !has {
		t.Error(has, err)
	}
	if n := names(); len(n) != 1 || n[0] != hello {
		t.Errorf("the store holds %v", n)
	}
	f, err := s.Open(ctx, hello)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if f.Close(); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
	left, err := os.CreateTemp(dir, "tmp-")
	if err != nil {
		t.Fatal(err)
	}
	left.Close()
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(left.Name(), old, old); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Remove(ctx, hello); err != nil {
			t.Error(err)
		}
	}
	if n := names(); n != nil {
		t.Errorf("the store still holds %v", n)
	}
	if _, err := os.Stat(left.Name()); !os.IsNotExist(err) {
		t.Error("what a crash left is still there")
	}
}
