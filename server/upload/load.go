package upload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/server/symbolicate"
	"github.com/faultline-dev/faultline/server/symbolicate/retrace"
	"github.com/faultline-dev/faultline/server/symbolicate/symbols"
)

// parsed is what was read of an upload: one of these, or nothing for what is broken.
type parsed struct {
	m       *symbolicate.Map
	mapping *retrace.Mapping
	symbols *symbols.Table
}

func (p parsed) empty() bool { return p == parsed{} }

// bytes is about how much memory it takes.
func (p parsed) bytes() int {
	switch {
	case p.m != nil:
		return p.m.Bytes()
	case p.mapping != nil:
		return p.mapping.Bytes()
	case p.symbols != nil:
		return p.symbols.Bytes()
	}
	return 0
}

// load reads what is at a place. What is broken, or larger than all that may be in memory, is
// remembered as nothing.
func (s *Service) load(ctx context.Context, place mapPlace) (p parsed, err error) {
	switch place.kind {
	case artifact.Mapping, artifact.Symbols:
		p, err = s.loadFile(ctx, place)
	default:
		p.m, err = s.loadMap(ctx, place)
	}
	if errors.Is(err, ErrBundle) || errors.Is(err, symbolicate.ErrMap) || errors.Is(err, retrace.ErrMapping) || errors.Is(err, symbols.ErrSymbols) {
		s.log.Warn("an upload is broken", "upload", place.checksum, "file", place.path, "error", err)
		return parsed{}, nil
	}
	if err == nil && int64(p.bytes()) > s.cfg.CacheBytes {
		s.log.Warn("an upload is too large to be read; raise uploads-cache-bytes", "upload", place.checksum, "file", place.path, "bytes", p.bytes())
		return parsed{}, nil
	}
	return p, err
}

// loadMap reads a source map.
func (s *Service) loadMap(ctx context.Context, place mapPlace) (*symbolicate.Map, error) {
	text, err := s.read(ctx, place.checksum, place.path)
	if err == nil && place.inline {
		text, err = inlineMap(symbolicate.Reference(text))
	}
	if err != nil {
		return nil, err
	}
	return symbolicate.ParseMap(text)
}

// loadFile reads a single file.
func (s *Service) loadFile(ctx context.Context, place mapPlace) (p parsed, err error) {
	file, err := s.bundles.Open(ctx, place.checksum)
	if err != nil {
		return p, err
	}
	defer file.Close()
	if place.kind == artifact.Mapping {
		text, err := io.ReadAll(io.LimitReader(file, retrace.MaxBytes+1))
		if err != nil {
			return p, fmt.Errorf("read a mapping: %w", err)
		}
		p.mapping, err = retrace.Parse(text)
		return p, err
	}
	p.symbols, err = readSymbols(file)
	return p, err
}

// readSymbols reads symbols by what the file begins with.
func readSymbols(file *os.File) (*symbols.Table, error) {
	head := make([]byte, 4)
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("read symbols: %w", err)
	}
	switch {
	case string(head) == "\x7fELF":
		return symbols.ReadELF(file)
	case machO(head):
		return symbols.ReadMachO(file)
	}
	return symbols.ReadBreakpad(bufio.NewReaderSize(file, 1<<20))
}
