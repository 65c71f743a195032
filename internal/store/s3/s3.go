// Package s3 keeps files in object storage that speaks S3, each under the SHA-1 of what is in
// it, and copies of those that were read lately in a folder of bounded size. A file is
// there whole or not at all, and never changes. It knows nothing of what the files hold, and
// deletes nothing by itself but copies.
package s3

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// Config says where the object storage is.
type Config struct {
	// Endpoint is the HOST or HOST:PORT of the storage, s3.amazonaws.com for instance. Empty:
	// files are kept in a folder.
	Endpoint string
	// Bucket must exist.
	Bucket string
	// Prefix begins the names of all objects.
	Prefix string
	// Region is that of the bucket; empty: it is asked for.
	Region string
	// AccessKey names who writes. Empty: the environment's credentials of AWS or MinIO count, or
	// those of the machine's role.
	AccessKey string
	// SecretKey belongs to AccessKey.
	SecretKey string
	// Insecure talks HTTP instead of HTTPS.
	Insecure bool
	// CopyBytes bounds the copies of files that were read lately, in the folder for uploads.
	CopyBytes int64
}

// DefaultConfig keeps files in a folder.
func DefaultConfig() Config { return Config{Prefix: "faultline/", CopyBytes: 2 << 30} }

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Endpoint == "":
		return nil
	case strings.Contains(c.Endpoint, "/"):
		return fmt.Errorf("s3: the endpoint %q is no HOST:PORT; leave the scheme away", c.Endpoint)
	case c.Bucket == "":
		return errors.New("s3: an endpoint is given and no bucket")
	case (c.AccessKey == "") != (c.SecretKey == ""):
		return errors.New("s3: of access key and secret key one is missing")
	case c.CopyBytes < 1<<20:
		return fmt.Errorf("s3: %d bytes hold no copy, give at least 1 MiB", c.CopyBytes)
	}
	return nil
}

// Store is a part of a bucket. It is safe for concurrent use, also by several processes.
type Store struct {
	cfg    Config
	client *minio.Client
	prefix string
	dir    string // of copies

	mu sync.Mutex // one at a time looks which copies must go
}

// New is a store of the objects whose names begin with the configured prefix and a name. It
// keeps copies in a folder, which need not exist.
func New(cfg Config, name, dir string) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	who := credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, "")
	if cfg.AccessKey == "" {
		who = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.IAM{Client: &http.Client{Timeout: 5 * time.Second}},
		})
	}
	client, err := minio.New(cfg.Endpoint, &minio.Options{Creds: who, Secure: !cfg.Insecure, Region: cfg.Region})
	if err != nil {
		return nil, fmt.Errorf("open the object storage %s: %w", cfg.Endpoint, err)
	}
	return &Store{cfg: cfg, client: client, prefix: cfg.Prefix + name + "/", dir: dir}, nil
}

// key is the name of an object, if a name is a checksum.
func (s *Store) key(name string) (string, error) {
	if len(name) != 2*sha1.Size || strings.Trim(name, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is no SHA-1 in hexadecimal digits: %w", name, artifact.ErrNoFile)
	}
	return s.prefix + name, nil
}

// temporary begins the names of copies that are being written.
const temporary = "tmp-"

// Put keeps a content under its checksum, and returns its size. artifact.ErrChecksum if it
// has another.
func (s *Store) Put(ctx context.Context, name string, content io.Reader) (size int64, err error) {
	key, err := s.key(name)
	if err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	f, size, err := s.copy(name, content)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := s.client.PutObject(ctx, s.cfg.Bucket, key, f, size, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return 0, fmt.Errorf("keep a file in the object storage: %w", errors.Join(err, os.Remove(filepath.Join(s.dir, name))))
	}
	return size, nil
}

// copy makes a copy of a content and opens it.
func (s *Store) copy(name string, content io.Reader) (f *os.File, size int64, err error) {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return nil, 0, fmt.Errorf("make the folder of copies: %w", err)
	}
	temp, err := os.CreateTemp(s.dir, temporary)
	if err != nil {
		return nil, 0, fmt.Errorf("make a copy: %w", err)
	}
	at := temp.Name()
	defer func() {
		if err != nil {
			err = errors.Join(err, temp.Close(), os.Remove(at))
		}
	}()
	sum := sha1.New()
	if size, err = io.Copy(io.MultiWriter(temp, sum), content); err != nil {
		return nil, 0, fmt.Errorf("make a copy: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != name {
		return nil, 0, fmt.Errorf("%w: %s, but %s", artifact.ErrChecksum, name, got)
	}
	if _, err = temp.Seek(0, io.SeekStart); err != nil {
		return nil, 0, fmt.Errorf("make a copy: %w", err)
	}
	to := filepath.Join(s.dir, name)
	if err = os.Rename(at, to); err != nil {
		return nil, 0, fmt.Errorf("make a copy: %w", err)
	}
	at = to
	if err = s.tidy(name); err != nil {
		return nil, 0, err
	}
	return temp, size, nil
}

// tidy deletes the copies that nobody has read for the longest time, but for one.
func (s *Store) tidy(but string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list copies: %w", err)
	}
	var infos []fs.FileInfo
	total := int64(0)
	for _, d := range all {
		info, err := d.Info()
		if err != nil || d.IsDir() {
			continue // it has just gone
		}
		if strings.HasPrefix(d.Name(), temporary) && time.Since(info.ModTime()) < time.Hour {
			continue
		}
		infos = append(infos, info)
		total += info.Size()
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range infos {
		if total <= s.cfg.CopyBytes {
			return nil
		}
		if info.Name() == but {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete a copy: %w", err)
		}
		total -= info.Size()
	}
	return nil
}

// Open opens a file, or fails with artifact.ErrNoFile.
func (s *Store) Open(ctx context.Context, name string) (*os.File, error) {
	key, err := s.key(name)
	if err != nil {
		return nil, err
	}
	local := filepath.Join(s.dir, name)
	if f, err := os.Open(local); err == nil {
		now := time.Now()
		_ = os.Chtimes(local, now, now) // only makes it stay longer
		return f, nil
	}
	o, err := s.client.GetObject(ctx, s.cfg.Bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("read a file of the object storage: %w", err)
	}
	defer o.Close()
	if _, err := o.Stat(); missing(err) {
		return nil, fmt.Errorf("%s: %w", name, artifact.ErrNoFile)
	} else if err != nil {
		return nil, fmt.Errorf("read a file of the object storage: %w", err)
	}
	f, _, err := s.copy(name, o)
	return f, err
}

func missing(err error) bool {
	return err != nil && minio.ToErrorResponse(err).StatusCode == http.StatusNotFound
}

// Has reports whether a file is there.
func (s *Store) Has(ctx context.Context, name string) (bool, error) {
	key, err := s.key(name)
	if err != nil {
		return false, nil
	}
	_, err = s.client.StatObject(ctx, s.cfg.Bucket, key, minio.StatObjectOptions{})
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a file in the object storage: %w", err)
	}
	return true, nil
}

// Remove deletes a file. It is no error if there is none.
func (s *Store) Remove(ctx context.Context, name string) error {
	key, err := s.key(name)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete a copy: %w", err)
	}
	if err := s.client.RemoveObject(ctx, s.cfg.Bucket, key, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
		return fmt.Errorf("delete a file of the object storage: %w", err)
	}
	return nil
}

// Each calls f for every file, in no order, until f fails.
func (s *Store) Each(ctx context.Context, f func(name string, size int64, written time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for o := range s.client.ListObjects(ctx, s.cfg.Bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("list the object storage: %w", o.Err)
		}
		if err := f(path.Base(o.Key), o.Size, o.LastModified); err != nil {
			return fmt.Errorf("list the object storage: %w", err)
		}
	}
	return nil
}
