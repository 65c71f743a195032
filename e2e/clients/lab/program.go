package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Program is somebody else's library with a program of ours that uses it. It is
// installed or compiled once, in a folder of the user's cache, and again only when one
// of its files changes.
type Program struct {
	// Name of its folder in the cache.
	Name string
	// Files are copied there, by their paths below Dir.
	Files []string
	// Dir is where the files are; empty: the test's folder.
	Dir string
	// Flat says that files lose their folders.
	Flat bool
	// Build are the commands that prepare it, run in its folder.
	Build [][]string
	// Env is for the commands, beside the usual variables.
	Env []string
	// Tool prints the version of what runs the program; another version prepares it anew.
	Tool []string
}

// ready marks a folder that was prepared to the end.
const ready = ".ready"

// unused is how long a folder of the cache is kept after its last use.
const unused = 14 * 24 * time.Hour

// Prepare returns the folder of the program, in which its commands have run. Where a
// tool is missing the test is skipped, unless CI is set.
func (p Program) Prepare(t testing.TB) string {
	t.Helper()
	p.need(t)
	dir, err := p.prepare(t)
	if err != nil {
		t.Fatalf("prepare %s: %v", p.Name, err)
	}
	return dir
}

func (p Program) need(t testing.TB) {
	t.Helper()
	for _, command := range append(p.Build, p.Tool) {
		if len(command) == 0 || strings.ContainsRune(command[0], filepath.Separator) {
			continue
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: install it to test this client", err)
		}
	}
}

func (p Program) prepare(t testing.TB) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "faultline-e2e")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	sum, files, err := p.sum()
	if err != nil {
		return "", err
	}
	// Other packages' tests, and other work trees, use the same cache.
	lock, err := os.OpenFile(filepath.Join(cache, p.Name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock: %w", err)
	}
	dir := filepath.Join(cache, p.Name+"-"+sum)
	mark := filepath.Join(dir, ready)
	now := time.Now()
	if os.Chtimes(mark, now, now) == nil {
		return dir, nil
	}
	p.forget(cache)
	began := time.Now()
	if err := p.build(dir, files); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	t.Logf("%s was prepared in %v", p.Name, time.Since(began).Round(100*time.Millisecond))
	return dir, os.WriteFile(mark, nil, 0o644)
}

// sum tells one version of a program from another.
func (p Program) sum() (string, map[string][]byte, error) {
	h := sha256.New()
	files := map[string][]byte{}
	for _, name := range p.Files {
		data, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return "", nil, err
		}
		if p.Flat {
			name = filepath.Base(name)
		}
		files[name] = data
		fmt.Fprintf(h, "%s %d\n%s\n", name, len(data), data)
	}
	fmt.Fprintf(h, "%q %q\n", p.Build, p.Env)
	if len(p.Tool) > 0 {
		version, err := exec.Command(p.Tool[0], p.Tool[1:]...).Output()
		if err != nil {
			return "", nil, fmt.Errorf("%v: %w", p.Tool, err)
		}
		h.Write(version)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), files, nil
}

// forget removes what nobody used for long, and what was not prepared to the end.
func (p Program) forget(cache string) {
	olds, err := filepath.Glob(filepath.Join(cache, p.Name+"-"+strings.Repeat("[0-9a-f]", 16)))
	if err != nil {
		return
	}
	for _, old := range olds {
		info, err := os.Stat(filepath.Join(old, ready))
		if err != nil || time.Since(info.ModTime()) > unused {
			os.RemoveAll(old)
		}
	}
}

func (p Program) build(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	for _, command := range p.Build {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), p.Env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", command, err, out)
		}
	}
	return nil
}
