package clickhouse

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ClickHouse/ch-go/proto"
)

// pieceBytes is how much of a block is encoded before it is read; a single column may be
// more.
const pieceBytes = 256 << 10

// nativeReader reads columns in ClickHouse's format Native. It encodes a few columns at a
// time, so that a block is never in memory twice.
type nativeReader struct {
	mu    sync.Mutex
	done  bool
	input []proto.InputColumn // those that are not encoded yet
	rows  int
	piece *proto.Buffer
	read  int // of the piece
}

// newNativeReader starts with the first column. Columns of different lengths are an error
// of Read.
func newNativeReader(input []proto.InputColumn, piece *proto.Buffer) *nativeReader {
	r := &nativeReader{input: input, rows: input[0].Data.Rows(), piece: piece}
	piece.Reset()
	piece.PutInt(len(input))
	piece.PutInt(r.rows)
	return r
}

// stop ends reading: an HTTP transport may go on with it in the background after a
// request has failed, while the columns are used for something else.
func (r *nativeReader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
}

// Read implements io.Reader.
func (r *nativeReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return 0, errors.New("the insert has ended")
	}
	if r.read == len(r.piece.Buf) {
		if len(r.input) == 0 {
			return 0, io.EOF
		}
		r.piece.Reset()
		r.read = 0
	}
	for len(r.input) > 0 && r.read == 0 && len(r.piece.Buf) < pieceBytes {
		if err := r.encode(r.input[0]); err != nil {
			return 0, err
		}
		r.input = r.input[1:]
	}
	n := copy(p, r.piece.Buf[r.read:])
	r.read += n
	return n, nil
}

// encode adds a column to the piece.
func (r *nativeReader) encode(c proto.InputColumn) error {
	if n := c.Data.Rows(); n != r.rows {
		return fmt.Errorf("column %s has %d rows, not %d", c.Name, n, r.rows)
	}
	c.EncodeStart(r.piece, 0)
	if s, ok := c.Data.(proto.StateEncoder); ok {
		s.EncodeState(r.piece)
	}
	c.Data.EncodeColumn(r.piece)
	return nil
}
