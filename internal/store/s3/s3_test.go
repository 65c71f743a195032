package s3_test

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/store/s3"
)

const hello = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" // of "hello"

// bucket speaks as much of S3 as the store does.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
	gets    int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/shelf/")
	content, found := b.objects[key]
	switch {
	case !strings.Contains(r.Header.Get("Authorization"), "Credential=who/"):
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Query().Has("list-type"):
		type object struct {
			Key, LastModified, ETag string
			Size                    int
		}
		var list struct {
			XMLName  xml.Name `xml:"ListBucketResult"`
			Contents []object
		}
		for key, content := range b.objects {
			if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
				list.Contents = append(list.Contents, object{key, time.Now().UTC().Format(time.RFC3339), `"e"`, len(content)})
			}
		}
		xml.NewEncoder(w).Encode(list)
	case r.Method == http.MethodPut:
		var err error
		if b.objects[key], err = body(r); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Header().Set("ETag", `"e"`)
	case r.Method == http.MethodDelete:
		delete(b.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !found:
		w.WriteHeader(http.StatusNotFound)
		if r.Method == http.MethodGet {
			io.WriteString(w, `<Error><Code>NoSuchKey</Code></Error>`)
		}
	default:
		if r.Method == http.MethodGet {
			b.gets++
		}
		w.Header().Set("ETag", `"e"`)
		http.ServeContent(w, r, "", time.Now(), bytes.NewReader(content))
	}
}

// body reads what is sent, in chunks that are signed one by one.
func body(r *http.Request) (all []byte, err error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(digits, 16, 32)
		if err != nil || n == 0 {
			return all, err
		}
		part := make([]byte, n+2)
		if _, err := io.ReadFull(in, part); err != nil {
			return nil, err
		}
		all = append(all, part[:n]...)
	}
}

func TestFilesAreKeptUnderTheirChecksum(t *testing.T) {
	t.Parallel()
	b := &bucket{objects: map[string][]byte{}}
	server := httptest.NewServer(b)
	defer server.Close()
	cfg := s3.DefaultConfig()
	cfg.Endpoint, cfg.Bucket, cfg.Region, cfg.AccessKey, cfg.SecretKey, cfg.Insecure = strings.TrimPrefix(server.URL, "http://"), "shelf", "here", "who", "secret", true
	open := func(name string) (*s3.Store, string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "copies")
		s, err := s3.New(cfg, name, dir)
		if err != nil {
			t.Fatal(err)
		}
		return s, dir
	}
	ctx := t.Context()
	s, dir := open("bundles")
	other, _ := open("chunks")
	names := func(s *s3.Store) (all []string) {
		t.Helper()
		if err := s.Each(ctx, func(name string, size int64, written time.Time) error {
			all = append(all, fmt.Sprint(name, size, time.Since(written) < time.Hour))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if _, err := s.Open(ctx, hello); !errors.Is(err, artifact.ErrNoFile) {
		t.Error(err)
	}
	if has, err := s.Has(ctx, hello); err != nil || has {
		t.Error(has, err)
	}
	if _, err := s.Put(ctx, "../../etc/passwd", strings.NewReader("x")); !errors.Is(err, artifact.ErrNoFile) {
		t.Error(err)
	}
	if _, err := s.Put(ctx, hello, strings.NewReader("hell")); !errors.Is(err, artifact.ErrChecksum) {
		t.Error(err)
	}
	if n := names(s); n != nil {
		t.Errorf("what is broken is kept: %v", n)
	}
	for range 2 {
		if size, err := s.Put(ctx, hello, strings.NewReader("hello")); err != nil || size != 5 {
			t.Errorf("%d, %v", size, err)
		}
	}
	if has, err := s.Has(ctx, hello); err != nil || !has {
		t.Error(has, err)
	}
	if n := names(s); len(n) != 1 || n[0] != hello+"5 true" {
		t.Errorf("the store holds %v", n)
	}
	if n := names(other); n != nil {
		t.Errorf("the other store holds %v", n)
	}
	read := func(s *s3.Store, gets int) {
		t.Helper()
		f, err := s.Open(ctx, hello)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if f.Close(); err != nil || string(text) != "hello" || b.gets != gets {
			t.Errorf("%q after %d downloads, %v", text, b.gets, err)
		}
	}
	read(s, 0)
	elsewhere, _ := open("bundles") // another process
	read(elsewhere, 1)
	read(elsewhere, 1)
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("copies are %v, %v", files, err)
	}
	for range 2 {
		if err := s.Remove(ctx, hello); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 || names(s) != nil {
		t.Errorf("left are %v, %v", files, err)
	}
}

func TestTheConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	f := func(ok bool, change func(*s3.Config)) {
		t.Helper()
		c := s3.DefaultConfig()
		change(&c)
		if err := c.Validate(); (err == nil) != ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
	f(true, func(*s3.Config) {})
	f(true, func(c *s3.Config) { c.Endpoint, c.Bucket = "host", "b" })
	f(false, func(c *s3.Config) { c.Endpoint = "host" })
	f(false, func(c *s3.Config) { c.Endpoint, c.Bucket = "https://host", "b" })
	f(false, func(c *s3.Config) { c.Endpoint, c.Bucket, c.AccessKey = "host", "b", "x" })
	f(false, func(c *s3.Config) { c.Endpoint, c.Bucket, c.CopyBytes = "host", "b", 1 })
}
