package clickhouse

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/ClickHouse/ch-go/proto"
)

// pieceBytes is how much is encoded before it is read; a single value may be more, and so
// may a column that is not one of a block.
const pieceBytes = 256 << 10

// encoder is where columns are encoded, piece by piece.
type encoder struct {
	*proto.Buffer
	hand  func() bool // hands over what is in the buffer, and empties it; false: nobody wants more. nil: it grows
	ended bool
}

// pause hands over what is encoded if it is a whole piece.
func (e *encoder) pause() {
	if e.hand == nil || len(e.Buf) < pieceBytes {
		return
	}
	if e.ended = e.ended || !e.hand(); e.ended {
		e.Reset()
	}
}

// nativeReader reads columns in ClickHouse's format Native. It encodes a piece at a time,
// so that a block is never in memory twice.
type nativeReader struct {
	mu    sync.Mutex
	next  func() (error, bool)
	end   func()
	ended bool
	piece *proto.Buffer
	read  int // of the piece
}

// newNativeReader starts with the first column. Columns of different lengths are an error
// of Read.
func newNativeReader(input []proto.InputColumn, piece *proto.Buffer) *nativeReader {
	r := &nativeReader{piece: piece}
	piece.Reset()
	r.next, r.end = iter.Pull(func(yield func(error) bool) {
		e := &encoder{Buffer: piece, hand: func() bool { return yield(nil) }}
		if err := e.block(input); err != nil || len(piece.Buf) > 0 {
			yield(err)
		}
	})
	return r
}

// stop ends reading: an HTTP transport may go on with it in the background after a
// request has failed, while the columns are used for something else.
func (r *nativeReader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.end()
}

// Read implements io.Reader.
func (r *nativeReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return 0, errors.New("the insert has ended")
	}
	if r.read == len(r.piece.Buf) {
		r.piece.Reset()
		r.read = 0
		if err, more := r.next(); err != nil {
			return 0, err
		} else if !more {
			return 0, io.EOF
		}
	}
	n := copy(p, r.piece.Buf[r.read:])
	r.read += n
	return n, nil
}

// block encodes all columns.
func (e *encoder) block(input []proto.InputColumn) error {
	rows := input[0].Data.Rows()
	e.PutInt(len(input))
	e.PutInt(rows)
	for _, c := range input {
		if n := c.Data.Rows(); n != rows {
			return fmt.Errorf("column %s has %d rows, not %d", c.Name, n, rows)
		}
		c.EncodeStart(e.Buffer, 0)
		if s, ok := c.Data.(proto.StateEncoder); ok {
			s.EncodeState(e.Buffer)
		}
		if own, ok := c.Data.(ordered); ok {
			own.encode(e, *own.rows)
		} else {
			c.Data.EncodeColumn(e.Buffer)
		}
		e.pause()
	}
	return nil
}
