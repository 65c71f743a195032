package native

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// pipe is a stream of messages, whatever the protocol. Neither method is called by
// two goroutines at once.
type pipe interface {
	// receive returns the next message, or io.EOF when the client has sent its last.
	// The caller frees it.
	receive() (*frame, error)
	send([]byte) error
}

// stream serves one stream until the client has sent its last batch and has all
// acknowledgements.
func (h *Handler) stream(ctx context.Context, c caller, p pipe) error {
	payer, err := h.payer(ctx, c, 0)
	if err != nil {
		return err
	}
	if !h.streams.TryAcquire(payer, 1) {
		return noRoom{errStreams, streamsAfter}
	}
	defer h.streams.Release(payer, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{Handler: h, caller: c, pipe: p, decoder: wire.NewSharingDecoder(h.cfg.Limits, h.stacks), window: make(chan struct{}, h.cfg.Window)}
	s.payer.Store(payer)
	err = s.serve(ctx)
	if err != nil && !errors.Is(err, errStopping) {
		cancel() // what is under way will not be acknowledged
	}
	s.underWay.Wait()
	return errors.Join(err, s.failed)
}

// session is the state of one stream.
type session struct {
	*Handler
	caller   caller
	pipe     pipe
	decoder  *wire.Decoder
	project  uint32        // as the first message says
	payer    atomic.Uint32 // project that has the room for messages; 0 until a token's is known
	first    bool
	window   chan struct{} // one element for each batch under way
	underWay sync.WaitGroup

	mu     sync.Mutex // sending
	failed error      // of sending
}

// message is what one read gave.
type message struct {
	frame *frame
	err   error
	payer uint32 // has the room
	bytes int64
}

// next reads one message and waits for room for it.
func (s *session) next(ctx context.Context) message {
	f, err := s.pipe.receive()
	if err != nil {
		return message{err: err}
	}
	m := message{frame: f, payer: s.payer.Load(), bytes: int64(f.len())}
	if f.len() > s.cfg.MessageBytes {
		err = s.tooLarge() // the listener may take larger messages of other protocols
	} else if err = s.room.Acquire(ctx, m.payer, m.bytes); errors.Is(err, quota.ErrCrowded) {
		err = noRoom{errNoRoom, retryAfter}
	}
	if err != nil {
		f.free()
		return message{err: err}
	}
	return m
}

// release gives back the room of a message.
func (s *session) release(m message) { s.room.Release(m.payer, m.bytes) }

// read reads a message for each that is wanted. A read ends with the call to which it
// belongs, not before; so the goroutine may outlive the session for a moment.
func (s *session) read(ctx context.Context, wanted <-chan struct{}) <-chan message {
	out := make(chan message)
	go func() {
		for {
			select {
			case <-wanted:
			case <-ctx.Done():
				return
			}
			m := s.next(ctx)
			select {
			case out <- m:
			case <-ctx.Done():
				if m.err == nil {
					m.frame.free()
					s.release(m)
				}
				return
			}
			if m.err != nil {
				return
			}
		}
	}()
	return out
}

// serve takes messages until the last; nil if there was one. While one waits to be taken,
// nothing more is read: what is not read stays with the client.
func (s *session) serve(ctx context.Context) error {
	wanted := make(chan struct{}, 1)
	messages := s.read(ctx, wanted)
	for {
		wanted <- struct{}{}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopping:
			return errStopping
		case m := <-messages:
			switch {
			case errors.Is(m.err, io.EOF):
				return nil
			case m.err != nil:
				return m.err
			}
			if err := s.admit(ctx, m); err != nil {
				return err
			}
		}
	}
}

// admit hands over what a message holds, and answers when that is decided. It waits for a
// place in the window.
func (s *session) admit(ctx context.Context, m message) error {
	defer m.frame.free()
	select {
	case s.window <- struct{}{}:
	case <-ctx.Done():
		s.release(m)
		return ctx.Err()
	}
	done := func() {
		<-s.window
		s.release(m)
	}
	ack, err := s.hand(ctx, m.frame)
	if err != nil || ack == nil {
		done()
		return err
	}
	s.underWay.Go(func() {
		defer done()
		s.answer(ack())
	})
	return nil
}

// hand decodes a message and lets it go its way; what it returns waits for its end, and is
// nil if there is nothing to answer.
func (s *session) hand(ctx context.Context, f *frame) (ack func() wire.Ack, err error) {
	done, err := s.turns.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	b, _ := s.decoder.Request(f.open()) // a batch that cannot be read is all refused; the stream goes on
	f.free()
	if !s.first {
		s.first, s.project = true, b.ProjectID
	}
	access, err := s.enter(ctx, s.caller, s.project)
	if err != nil {
		return nil, err
	}
	s.payer.Store(access.ProjectID)
	if !b.Present && len(b.Refused) == 0 {
		return nil, nil
	}
	return s.take(ctx, s.caller, access, &b), nil
}

// answer sends an acknowledgement.
func (s *session) answer(a wire.Ack) {
	data := wire.AppendResponse(nil, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = s.pipe.send(data)
	}
}

// once serves a request that is answered before the next. If it was refused as a whole for
// want of room, that is an error.
func (h *Handler) once(ctx context.Context, c caller, f *frame) (wire.Ack, error) {
	defer f.free()
	if f.len() > h.cfg.MessageBytes {
		return wire.Ack{}, h.tooLarge()
	}
	payer, err := h.payer(ctx, c, 0)
	if err != nil {
		return wire.Ack{}, err
	}
	hold, err := h.hold(payer)
	if err != nil {
		return wire.Ack{}, err
	}
	defer hold.Release()
	if err := hold.Grow(ctx, int64(f.len())); err != nil {
		return wire.Ack{}, roomError(err)
	}
	ack, err := h.serveFrame(ctx, c, 0, f)
	if err == nil && none(ack, outcome.Limited, true) {
		err = noRoom{errors.New(ack.Results[0].Message), ack.RetryAfter}
	}
	return ack, err
}

// hold begins to hold memory for a request of a project, unless it had better come later.
func (h *Handler) hold(payer uint32) (*quota.Hold, error) {
	if h.turnAway != nil && h.turnAway(payer) {
		return nil, noRoom{receive.ErrTurnedAway, retryAfter}
	}
	return h.room.Hold(payer, h.cfg.Patience), nil
}

// serveFrame decodes a request and says what became of it. projectID is the one that the
// request was let in for; 0: as its message says.
func (h *Handler) serveFrame(ctx context.Context, c caller, projectID uint32, f *frame) (wire.Ack, error) {
	c.patience = h.cfg.Patience
	wait, malformed, err := h.handOver(ctx, c, projectID, f)
	if err != nil {
		return wire.Ack{}, err
	}
	return wait(), malformed
}

// handOver decodes a request when it is its turn, and lets it go its way.
func (h *Handler) handOver(ctx context.Context, c caller, projectID uint32, f *frame) (wait func() wire.Ack, malformed, err error) {
	done, err := h.turns.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	b, malformed := wire.NewSharingDecoder(h.cfg.Limits, h.stacks).Request(f.open())
	f.free()
	if projectID == 0 {
		projectID = b.ProjectID
	}
	access, err := h.enter(ctx, c, projectID)
	if err != nil {
		return nil, nil, err
	}
	return h.take(ctx, c, access, &b), malformed, nil
}
