// Package upload takes what builds upload, and finds in it what explains the frames
// of events: chunks become bundles, bundles an index of scripts and source maps, and
// maps that are asked for stay in memory, read.
//
// It keeps bundles as they came and reads nothing out of them but scripts and source
// maps. What is too old or too much is deleted. It knows neither HTTP nor where files
// and rows are.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
)

// Config bounds what is kept.
type Config struct {
	// Dir is the folder of uploaded files. Processes with the roles ingest and api must
	// share it. Default: the folder artifacts under the data folder.
	Dir string
	// ProjectBytes bounds the bundles of one project: the oldest are deleted first.
	ProjectBytes int64
	// TotalBytes bounds the bundles of all projects.
	TotalBytes int64
	// Age is how long a bundle is kept after it was uploaded last.
	Age time.Duration
	// BundleBytes is the largest bundle.
	BundleBytes int64
	// PendingBytes bounds chunks that no bundle was made of yet; they are deleted
	// after an hour.
	PendingBytes int64
	// CacheBytes bounds the memory of source maps, mappings and symbols that have been read.
	CacheBytes int64
}

// DefaultConfig keeps bundles for 90 days.
func DefaultConfig() Config {
	return Config{
		ProjectBytes: 4 << 30, TotalBytes: 20 << 30, Age: 90 * 24 * time.Hour,
		BundleBytes: 1 << 30, PendingBytes: 4 << 30, CacheBytes: 128 << 20,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Age < time.Hour:
		return fmt.Errorf("uploads: an age of %s is too short to find anything, give at least 1h", c.Age)
	case c.BundleBytes < 1<<20:
		return fmt.Errorf("uploads: bundle-bytes %d is too little, give at least 1 MiB", c.BundleBytes)
	case c.ProjectBytes < c.BundleBytes || c.TotalBytes < c.ProjectBytes || c.PendingBytes < c.BundleBytes:
		return errors.New("uploads: project-bytes and pending-bytes must be at least bundle-bytes, total-bytes at least project-bytes")
	case c.CacheBytes < 1<<20:
		return fmt.Errorf("uploads: cache-bytes %d hold no map, give at least 1 MiB", c.CacheBytes)
	}
	return nil
}

// Index knows which project has which files.
//
// PutBundle must add a bundle with its files, all or nothing, and only renew the time of
// one that the project has already. The others find the last uploaded first.
type Index interface {
	PutBundle(ctx context.Context, b artifact.Bundle, files []artifact.File) error
	HasBundles(ctx context.Context, projectID uint32) (bool, error)
	Bundles(ctx context.Context) ([]artifact.Bundle, error)
	DeleteBundle(ctx context.Context, id string) error
	FilesByDebugID(ctx context.Context, projectID uint32, kind artifact.Kind, debugID string) ([]artifact.Found, error)
	FilesByURL(ctx context.Context, projectID uint32, release, dist string, urls []string) ([]artifact.Found, error)
}

// Files keeps contents under their SHA-1.
//
// Put must fail with artifact.ErrChecksum if the content has another checksum, and must
// leave a file whole or not there. Open must fail with artifact.ErrNoFile. Remove must not fail for a file that is not there.
type Files interface {
	Put(ctx context.Context, name string, content io.Reader) (int64, error)
	Open(ctx context.Context, name string) (*os.File, error)
	Has(ctx context.Context, name string) (bool, error)
	Remove(ctx context.Context, name string) error
	Each(ctx context.Context, f func(name string, size int64, written time.Time) error) error
}

// Parts are what a service works with.
type Parts struct {
	Index   Index
	Chunks  Files
	Bundles Files
	Past    Past         // nil: events that came before an upload stay as they are
	Logger  *slog.Logger // nil: slog's default
}

// Past is told of an upload before it counts.
//
// Foresee must see to it that what an issue's events will be called from now on leads to the
// same issue. explain says how many frames of an event the upload explains. Its failure does
// not keep the upload.
type Past interface {
	Foresee(ctx context.Context, r artifact.Repair, explain func(*event.Event) (int, error)) error
}

// Service takes uploads and looks things up in them. It is safe for concurrent use.
type Service struct {
	cfg     Config
	index   Index
	chunks  Files
	bundles Files
	past    Past
	log     *slog.Logger

	pending  atomic.Int64 // bytes of chunks
	assembly sync.Mutex   // one bundle at a time is put together, and none while old ones are deleted

	known  *otter.Cache[uint32, bool]         // projects with bundles
	places *otter.Cache[question, []mapPlace] // where maps are
	parsed *otter.Cache[mapPlace, parsed]     // what has been read
}

// New makes a service.
func New(cfg Config, p Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	s := &Service{cfg: cfg, index: p.Index, chunks: p.Chunks, bundles: p.Bundles, past: p.Past, log: p.Logger}
	s.known = otter.Must(&otter.Options[uint32, bool]{MaximumSize: 10_000, ExpiryCalculator: otter.ExpiryWriting[uint32, bool](remembered)})
	s.places = otter.Must(&otter.Options[question, []mapPlace]{MaximumSize: 20_000, ExpiryCalculator: otter.ExpiryWriting[question, []mapPlace](remembered)})
	s.parsed = otter.Must(&otter.Options[mapPlace, parsed]{
		MaximumWeight: uint64(cfg.CacheBytes>>10) + 1, ExpiryCalculator: otter.ExpiryAccessing[mapPlace, parsed](time.Hour),
		Weigher: func(_ mapPlace, p parsed) uint32 { return uint32(p.bytes()>>10) + 1 },
	})
	return s, nil
}

// BundleBytes is the largest bundle that is taken.
func (s *Service) BundleBytes() int64 { return s.cfg.BundleBytes }

// remembered is how long an answer of the index counts: as long as an upload may take
// to be seen by another process.
const remembered = 10 * time.Second
