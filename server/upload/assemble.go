package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// ErrFull is in the errors about uploads that a limit refuses.
var ErrFull = errors.New("there is no room for this upload")

// Assembly asks for a bundle, or a single file, to be made of chunks.
type Assembly struct {
	Checksum string
	Chunks   []string // their checksums, in order
	Projects []uint32
	Release  string
	Dist     string

	Single  bool   // a mapping or a file with symbols, and no bundle
	Name    string // of a single file
	DebugID string // of a single file, if the sender knows it
}

// Chunk keeps one chunk under its checksum.
func (s *Service) Chunk(ctx context.Context, checksum string, content io.Reader) error {
	if s.pending.Load() > s.cfg.PendingBytes {
		return fmt.Errorf("%w: chunks of more than %d bytes wait for their bundles; raise uploads-pending-bytes", ErrFull, s.cfg.PendingBytes)
	}
	if has, err := s.chunks.Has(ctx, checksum); err != nil {
		return err
	} else if has {
		_, err := io.Copy(io.Discard, content)
		return err
	}
	n, err := s.chunks.Put(ctx, checksum, content)
	if err != nil {
		return err
	}
	s.pending.Add(n)
	return nil
}

// Assemble makes a bundle and gives it to the projects. It returns the chunks that
// are missing; when there are none, the bundle is there.
func (s *Service) Assemble(ctx context.Context, a Assembly) (missing []string, err error) {
	s.assembly.Lock()
	defer s.assembly.Unlock()
	has, err := s.bundles.Has(ctx, a.Checksum)
	if err != nil {
		return nil, err
	}
	if !has {
		for _, chunk := range a.Chunks {
			switch has, err := s.chunks.Has(ctx, chunk); {
			case err != nil:
				return nil, err
			case !has:
				missing = append(missing, chunk)
			}
		}
		if len(missing) > 0 {
			return missing, nil
		}
		if err := s.join(ctx, a); err != nil {
			return nil, err
		}
	}
	if err := s.register(ctx, a); err != nil {
		if !has && errors.Is(err, ErrBundle) {
			err = errors.Join(err, s.bundles.Remove(ctx, a.Checksum))
		}
		return nil, err
	}
	for _, id := range a.Projects {
		s.forget(id)
	}
	return nil, nil
}

// join puts the chunks together.
func (s *Service) join(ctx context.Context, a Assembly) error {
	r := &chunkReader{ctx: ctx, files: s.chunks, names: a.Chunks, left: s.cfg.BundleBytes}
	_, err := s.bundles.Put(ctx, a.Checksum, r)
	return errors.Join(err, r.Close())
}

// register enters the files of a bundle into the index.
func (s *Service) register(ctx context.Context, a Assembly) error {
	file, err := s.bundles.Open(ctx, a.Checksum)
	if err != nil {
		return err
	}
	files, size, err := a.list(file)
	if err != nil {
		return err
	}
	for _, id := range a.Projects {
		bundle := artifact.Bundle{ProjectID: id, Checksum: a.Checksum, Release: a.Release, Dist: a.Dist, Bytes: size, CreatedAt: time.Now()}
		s.foresee(ctx, bundle, files)
		if err := s.index.PutBundle(ctx, bundle, files); err != nil {
			return err
		}
	}
	return nil
}

// list says what is in a file, which it closes, and completes what the sender did not say.
func (a *Assembly) list(file *os.File) (files []artifact.File, size int64, err error) {
	if a.Single {
		f, size, err := identify(file, a.Name, a.DebugID)
		return []artifact.File{f}, size, errors.Join(err, file.Close())
	}
	b, err := openBundle(file)
	if err != nil {
		return nil, 0, err
	}
	defer b.close()
	m, files, err := b.files()
	if err != nil {
		return nil, 0, err
	}
	if a.Release == "" {
		a.Release, a.Dist = m.Release, m.Dist
	}
	return files, b.size, nil
}

// chunkReader reads one chunk after the other.
type chunkReader struct {
	ctx   context.Context
	files Files
	names []string
	open  io.ReadCloser
	left  int64 // bytes that may still come
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.names) == 0 {
				return 0, io.EOF
			}
			f, err := r.files.Open(r.ctx, r.names[0])
			if err != nil {
				return 0, err
			}
			r.open, r.names = f, r.names[1:]
		}
		n, err := r.open.Read(p)
		if r.left -= int64(n); r.left < 0 {
			return 0, fmt.Errorf("%w: the bundle is too large; raise uploads-bundle-bytes", ErrFull)
		}
		if err == io.EOF {
			err = r.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes the chunk that is open.
func (r *chunkReader) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
