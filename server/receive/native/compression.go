package native

import (
	"io"
	"sync"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // grpc-go's own
)

// zstdName is the word for it in headers.
const zstdName = "zstd"

// grpc-go takes compressors during initialization only, and from nowhere else.
func init() { encoding.RegisterCompressor(&grpcZstd{}) }

// zstdWindow bounds the memory of one decompressor: what the format recommends to
// support.
const zstdWindow = 8 << 20

func newZstdReader() *zstdReader {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("zstd refuses constant options: " + err.Error())
	}
	return &zstdReader{d}
}

func newZstdWriter() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(256<<10))
	if err != nil {
		panic("zstd refuses constant options: " + err.Error())
	}
	return e
}

// zstdReader is a decompressor that can be used again after Close.
type zstdReader struct{ *zstd.Decoder }

// Close lets go of the source.
func (z *zstdReader) Close() error { return z.Reset(nil) }

// connectZstd adds zstd to a Connect handler.
func connectZstd() connect.HandlerOption {
	return connect.WithCompression(zstdName,
		func() connect.Decompressor { return newZstdReader() },
		func() connect.Compressor { return newZstdWriter() })
}

// grpcZstd is zstd for grpc-go, which bounds what it reads of it.
type grpcZstd struct {
	readers sync.Pool // of *zstdReader
	writers sync.Pool // of *zstd.Encoder
}

// Name is the word for it in headers.
func (*grpcZstd) Name() string { return zstdName }

// Compress returns a writer that must be closed.
func (z *grpcZstd) Compress(w io.Writer) (io.WriteCloser, error) {
	e, ok := z.writers.Get().(*zstd.Encoder)
	if !ok {
		e = newZstdWriter()
	}
	e.Reset(w)
	return &pooledWriter{e, &z.writers}, nil
}

// Decompress returns a reader that grpc-go closes.
func (z *grpcZstd) Decompress(r io.Reader) (io.Reader, error) {
	d, ok := z.readers.Get().(*zstdReader)
	if !ok {
		d = newZstdReader()
	}
	if err := d.Reset(r); err != nil {
		return nil, err
	}
	return &pooledReader{d, &z.readers}, nil
}

type pooledWriter struct {
	*zstd.Encoder
	pool *sync.Pool
}

// Close ends the frame and gives the encoder back.
func (w *pooledWriter) Close() error {
	err := w.Encoder.Close()
	w.pool.Put(w.Encoder)
	return err
}

type pooledReader struct {
	*zstdReader
	pool *sync.Pool
}

// Close gives the decoder back.
func (r *pooledReader) Close() error {
	err := r.zstdReader.Close()
	r.pool.Put(r.zstdReader)
	return err
}
