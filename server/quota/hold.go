package quota

import (
	"context"
	"errors"
	"io"
	"time"
)

// What keeps a Hold from growing.
var (
	// ErrNoRoom is returned when there was no room within the patience.
	ErrNoRoom = errors.New("there was no room in time")
	// ErrTooLong is returned for what is longer than it may be.
	ErrTooLong = errors.New("it is longer than it may be")
)

// Hold is the room that one request has, which grows while the request is read. It is for
// one goroutine.
type Hold struct {
	room     *Room
	project  uint32
	patience time.Duration
	bytes    int64
}

// Hold begins with nothing. Whatever it takes in the end, it must be released.
func (r *Room) Hold(projectID uint32, patience time.Duration) *Hold {
	return &Hold{room: r, project: projectID, patience: patience}
}

// Release gives everything back.
func (h *Hold) Release() {
	h.room.Release(h.project, h.bytes)
	h.bytes = 0
}

// Grow takes more room until it is so many bytes, at most all there is. It waits no longer
// than the patience, and fails with ErrNoRoom or the error of the context.
func (h *Hold) Grow(ctx context.Context, total int64) error {
	more := min(total, h.room.size) - h.bytes
	if more <= 0 {
		return nil
	}
	if !h.room.TryAcquire(h.project, more) {
		waiting, cancel := context.WithTimeout(ctx, h.patience)
		defer cancel()
		if h.room.Acquire(waiting, h.project, more) != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return ErrNoRoom
		}
	}
	h.bytes += more
	return nil
}

// leastRead is the room for what does not say how long it is.
const leastRead = 4 << 10

// ReadAll reads everything into memory that is held beside what is held already. Expected
// is how much that will be, if somebody knows. What is longer than the limit fails with
// ErrTooLong.
func (h *Hold) ReadAll(ctx context.Context, from io.Reader, expected, limit int64) ([]byte, error) {
	before := h.bytes
	size := min(max(expected, leastRead-1), limit) + 1 // one more, to see the end
	if err := h.Grow(ctx, before+size); err != nil {
		return nil, err
	}
	b := make([]byte, 0, size)
	for {
		n, err := from.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			return nil, ErrTooLong
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		}
		if len(b) == cap(b) {
			size = min(2*size, limit+1)
			if err := h.Grow(ctx, before+size); err != nil {
				return nil, err
			}
			b = append(make([]byte, 0, size), b...)
		}
	}
}
