package chdb

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/klauspost/compress/gzip"
)

// decodeBody undoes the encodings of a request's body.
func decodeBody(r *http.Request, req *request) (io.ReadCloser, error) {
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, refuse(codeCannotParse, "read the gzip body: %v", err)
		}
		return z, nil
	default:
		return nil, refuse(codeBadArguments, "body encoding %q is not supported; use gzip, the lz4 and zstd of the native format, or none", encoding)
	}
	// clickhouse-go compresses rows, never the text of a statement.
	if req.decompress && req.bodyIsData {
		return io.NopCloser(&blockReader{r: compress.NewReader(r.Body)}), nil
	}
	return r.Body, nil
}

// blockReader reads compressed Native blocks and tells the end of the body from a block
// that was cut short.
type blockReader struct{ r io.Reader }

// Read fills p with decompressed bytes.
func (b *blockReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("decompress: %w", err)
	}
	if err != nil {
		return n, io.EOF
	}
	return n, nil
}

// answer is a response under way.
type answer struct {
	w       http.ResponseWriter
	out     io.Writer
	gzip    *gzip.Writer
	blocks  *compress.Writer
	tag     string
	written bool
}

// newAnswer picks the encoding that the request asked for and announces the tag that
// marks an error in the middle of the answer.
func newAnswer(w http.ResponseWriter, r *http.Request, req *request) *answer {
	a := &answer{w: w, out: w, tag: strings.ToLower(rand.Text()[:16])}
	header := w.Header()
	header.Set("X-ClickHouse-Exception-Tag", a.tag)
	header.Set("Content-Type", "application/octet-stream")
	switch {
	case req.compress && req.compression == "ZSTD":
		a.blocks = compress.NewWriter(0, compress.ZSTD)
	case req.compress:
		a.blocks = compress.NewWriter(0, compress.LZ4)
	case req.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
		header.Set("Content-Encoding", "gzip")
		a.gzip, _ = gzip.NewWriterLevel(w, gzip.BestSpeed)
		a.out = a.gzip
	}
	return a
}

// maxBlock is the largest piece that goes into one compressed block.
const maxBlock = 1 << 20

// write sends one piece of the engine's answer.
func (a *answer) write(p []byte) error {
	a.written = true
	if a.blocks == nil {
		_, err := a.out.Write(p)
		return err
	}
	for len(p) > 0 {
		n := min(len(p), maxBlock)
		if err := a.blocks.Compress(p[:n]); err != nil {
			return err
		}
		if _, err := a.out.Write(a.blocks.Data); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// close ends the answer.
func (a *answer) close() {
	if a.gzip != nil {
		a.gzip.Close()
	}
}

// fail ends an answer that has begun with the frame in which ClickHouse reports an error
// after the status line is gone.
func (a *answer) fail(err error) {
	text := err.Error()
	var b bytes.Buffer
	fmt.Fprintf(&b, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", a.tag, text, len(text)+1, a.tag)
	if a.blocks == nil {
		a.out.Write(b.Bytes())
	} else if a.blocks.Compress(b.Bytes()) == nil {
		a.out.Write(a.blocks.Data)
	}
	a.close()
}

// writeWhole sends an answer that is complete.
func writeWhole(w http.ResponseWriter, r *http.Request, req *request, data []byte) error {
	if len(data) == 0 {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	a := newAnswer(w, r, req)
	if a.blocks == nil && a.gzip == nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	}
	if a.write(data) == nil {
		a.close()
	}
	return nil
}
