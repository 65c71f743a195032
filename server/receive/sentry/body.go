package sentry

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unsafe"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/faultline-dev/faultline/server/quota"
)

// What can be wrong with a body.
var (
	errRequestBytes = errors.New("the request is larger than sentry-request-bytes")
	errBodyBytes    = errors.New("the decompressed request is larger than sentry-body-bytes")
	errEncoding     = errors.New("the request's Content-Encoding is not understood")
	errBroken       = errors.New("the request cannot be decompressed or breaks off")
	errNoRoom       = errors.New("the server has no room for more requests of this project now (sentry-under-way-bytes)")
)

// encodingsAtOnce bounds how many encodings lie over one another.
const encodingsAtOnce = 3

// zstdWindow bounds the memory of one decompressor: what the format recommends to
// support.
const zstdWindow = 8 << 20

// readBody reads and decompresses a request, bounded both ways, into memory that is held.
func (in *intake) readBody(w http.ResponseWriter, r *http.Request) (string, error) {
	cfg := &in.h.cfg
	if r.ContentLength > cfg.RequestBytes {
		return "", fmt.Errorf("%w: %d", errRequestBytes, cfg.RequestBytes)
	}
	source := http.MaxBytesReader(w, r.Body, cfg.RequestBytes)
	decoded, err := decompress(source, strings.Join(r.Header.Values("Content-Encoding"), ","))
	if err != nil {
		return "", bodyError(err, cfg)
	}
	defer decoded.Close()
	expected := r.ContentLength
	if decoded.layers > 0 {
		expected = 4 * r.ContentLength
	}
	text, err := in.hold.ReadAll(r.Context(), decoded, expected, cfg.BodyBytes)
	if err != nil {
		return "", bodyError(err, cfg)
	}
	return unsafe.String(unsafe.SliceData(text), len(text)), nil
}

// bodyError says what was wrong with a body, and which limit it passed.
func bodyError(err error, cfg *Config) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, quota.ErrNoRoom):
		return errNoRoom
	case errors.Is(err, quota.ErrTooLong):
		return fmt.Errorf("%w: %d", errBodyBytes, cfg.BodyBytes)
	case errors.As(err, &tooLarge):
		return fmt.Errorf("%w: %d", errRequestBytes, cfg.RequestBytes)
	case errors.Is(err, errEncoding), errors.Is(err, errBroken):
		return err
	}
	return fmt.Errorf("%w: %w", errBroken, err)
}

// decoding is a body under its encodings.
type decoding struct {
	io.Reader
	layers int
	close  []func()
}

// Close gives the decompressors back.
func (d *decoding) Close() {
	for _, f := range d.close {
		f()
	}
}

// decompress undoes a list of encodings, the last of which was applied last.
func decompress(r io.Reader, encodings string) (*decoding, error) {
	d := &decoding{Reader: r}
	names := strings.Split(encodings, ",")
	if len(names) > encodingsAtOnce {
		return nil, fmt.Errorf("%w: more than %d lie over one another", errEncoding, encodingsAtOnce)
	}
	for i := len(names) - 1; i >= 0; i-- {
		name := strings.ToLower(strings.TrimSpace(names[i]))
		if name == "" || name == "identity" || name == "none" {
			continue
		}
		d.layers++
		if err := d.undo(name); err != nil {
			d.Close()
			return nil, err
		}
	}
	return d, nil
}

var (
	gzipReaders   = sync.Pool{New: func() any { return new(gzip.Reader) }}
	brotliReaders = sync.Pool{New: func() any { return new(brotli.Reader) }}
	zstdReaders   = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic("zstd refuses constant options: " + err.Error())
		}
		return d
	}}
)

func (d *decoding) undo(name string) error {
	switch name {
	case "gzip", "x-gzip":
		z := gzipReaders.Get().(*gzip.Reader)
		d.close = append(d.close, func() { gzipReaders.Put(z) })
		if err := z.Reset(d.Reader); err != nil {
			return fmt.Errorf("%w: gzip: %w", errBroken, err)
		}
		d.Reader = z
	case "deflate":
		z, err := inflate(d.Reader)
		if err != nil {
			return err
		}
		d.Reader = z
	case "br":
		z := brotliReaders.Get().(*brotli.Reader)
		d.close = append(d.close, func() {
			z.Reset(strings.NewReader(""))
			brotliReaders.Put(z)
		})
		if err := z.Reset(d.Reader); err != nil {
			return fmt.Errorf("%w: br: %w", errBroken, err)
		}
		d.Reader = z
	case "zstd":
		z := zstdReaders.Get().(*zstd.Decoder)
		d.close = append(d.close, func() {
			z.Reset(nil)
			zstdReaders.Put(z)
		})
		if err := z.Reset(d.Reader); err != nil {
			return fmt.Errorf("%w: zstd: %w", errBroken, err)
		}
		d.Reader = z
	default:
		return fmt.Errorf("%w: %.40q is not gzip, deflate, br, zstd or identity", errEncoding, name)
	}
	return nil
}

// inflate reads deflate with zlib's header, as the word means in HTTP, or without,
// as some clients send it.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(2); len(head) == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		z, err := zlib.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("%w: deflate: %w", errBroken, err)
		}
		return z, nil
	}
	return flate.NewReader(b), nil
}

// storeText is the JSON of a body for the store endpoint: plain, as a form's
// sentry_data, or in base64 with or without compression, as old clients send it.
func (in *intake) storeText(ctx context.Context, text string) (string, error) {
	for range encodingsAtOnce {
		text = strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(text, "{"):
			return text, nil
		case strings.HasPrefix(text, "sentry_data=") || strings.Contains(text, "&sentry_data="):
			form, err := url.ParseQuery(text)
			if err != nil {
				return "", errJSON
			}
			text = form.Get("sentry_data")
			continue
		}
		packed, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
			switch r {
			case '-':
				return '+'
			case '_':
				return '/'
			case '\n', '\r', ' ':
				return -1
			}
			return r
		}, text))
		if err != nil {
			return "", errJSON
		}
		limit := int64(in.h.cfg.EventBytes) // it is one event
		text, err = in.unpack(ctx, string(packed), limit)
		if errors.Is(err, quota.ErrTooLong) {
			return "", fmt.Errorf("%w: %d", errEventBytes, limit)
		}
		if err != nil {
			return "", bodyError(err, &in.h.cfg)
		}
	}
	return "", errJSON
}

// unpack decompresses what begins like zlib, gzip or zstd into memory that is held.
func (in *intake) unpack(ctx context.Context, s string, limit int64) (string, error) {
	var encoding string
	switch {
	case strings.HasPrefix(s, "{"):
		return s, nil
	case strings.HasPrefix(s, "\x1f\x8b"):
		encoding = "gzip"
	case len(s) > 1 && s[0]&0x0f == 8 && (uint(s[0])<<8|uint(s[1]))%31 == 0:
		encoding = "deflate"
	case strings.HasPrefix(s, "\x28\xb5\x2f\xfd"):
		encoding = "zstd"
	default:
		return s, nil
	}
	d, err := decompress(strings.NewReader(s), encoding)
	if err != nil {
		return "", err
	}
	defer d.Close()
	out, err := in.hold.ReadAll(ctx, d, 4*int64(len(s)), limit)
	return string(out), err
}
