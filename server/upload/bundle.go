package upload

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// Bounds of one bundle.
const (
	manifestBytes = 64 << 20
	maxFiles      = 100_000
)

// ErrBundle is in every error about a file that is no bundle.
var ErrBundle = errors.New("not a bundle of artifacts")

// bundle is an open bundle: a ZIP archive, which a header of eight bytes may precede.
type bundle struct {
	file *os.File
	zip  *zip.Reader
	size int64
}

// openBundle reads the table of contents. The file is closed with the bundle, or if
// this fails.
func openBundle(file *os.File) (*bundle, error) {
	b, err := readBundle(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrBundle, err), file.Close())
	}
	return b, nil
}

func readBundle(file *os.File) (*bundle, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var header [8]byte
	if _, err := file.ReadAt(header[:], 0); err != nil {
		return nil, err
	}
	start := int64(0)
	if bytes.HasPrefix(header[:], []byte("SYSB")) {
		start = int64(len(header))
	}
	archive, err := zip.NewReader(io.NewSectionReader(file, start, info.Size()-start), info.Size()-start)
	if err != nil {
		return nil, err
	}
	if len(archive.File) > maxFiles {
		return nil, fmt.Errorf("it has %d files, the limit is %d", len(archive.File), maxFiles)
	}
	return &bundle{file: file, zip: archive, size: info.Size()}, nil
}

func (b *bundle) close() error { return b.file.Close() }

// read is the content of one file.
func (b *bundle) read(path string, limit int64) ([]byte, error) {
	i := slices.IndexFunc(b.zip.File, func(f *zip.File) bool { return f.Name == path })
	if i < 0 {
		return nil, fmt.Errorf("%w: it has no %s", ErrBundle, path)
	}
	if b.zip.File[i].UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("%w: %s has %d bytes, the limit is %d", ErrBundle, path, b.zip.File[i].UncompressedSize64, limit)
	}
	r, err := b.zip.File[i].Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrBundle, path, limit)
	}
	return text, nil
}

// manifest is what a bundle says of itself.
type manifest struct {
	Release string `json:"release"`
	Dist    string `json:"dist"`
	Files   map[string]struct {
		Type    string            `json:"type"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"files"`
}

// files are the scripts and maps of a bundle, by path.
func (b *bundle) files() (m manifest, files []artifact.File, err error) {
	text, err := b.read("manifest.json", manifestBytes)
	if err != nil {
		return m, nil, err
	}
	if err := json.Unmarshal(text, &m, json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return m, nil, fmt.Errorf("%w: its manifest cannot be read: %w", ErrBundle, err)
	}
	if len(m.Files) > maxFiles {
		return m, nil, fmt.Errorf("%w: its manifest names %d files, the limit is %d", ErrBundle, len(m.Files), maxFiles)
	}
	for path, f := range m.Files {
		file := artifact.File{Path: path, URL: f.URL}
		switch f.Type {
		case "minified_source":
			file.Kind = artifact.Script
		case "source_map":
			file.Kind = artifact.Map
		default:
			continue
		}
		for name, value := range f.Headers {
			switch strings.ToLower(name) {
			case "debug-id":
				file.DebugID = artifact.ID(value)
			case "sourcemap", "x-sourcemap":
				file.MapURL = value
			}
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b artifact.File) int { return cmp.Compare(a.Path, b.Path) })
	return m, files, nil
}
