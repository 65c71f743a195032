package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"

	"github.com/faultline-dev/faultline/sdk-go/internal/spool"
)

const (
	// hurriedDelay bounds the delay between attempts while somebody waits for a flush.
	hurriedDelay = 200 * time.Millisecond
	// maxPause bounds what a server can ask for.
	maxPause = 5 * time.Minute
	// maxRefusals is how often an event that travels alone may be refused.
	maxRefusals = 5
)

var (
	errAckTimeout = errors.New("no acknowledgement in time")
	errServerEnd  = errors.New("the server ended the stream")
)

// call is one open stream.
type call = connect.BidiStreamForClient[frame, ingestv1.StreamResponse]

// run opens a stream whenever there is something to send, and waits between
// failures.
func (s *Stream) run() {
	delay := backoff{min: s.cfg.BackoffMin, max: s.cfg.BackoffMax}
	for s.awaitWork() {
		progress, err := s.session()
		if progress {
			delay.reset()
			s.box.widen()
		}
		if err == nil {
			continue
		}
		if refused(err) {
			s.isolate()
		}
		s.box.recall(s.drops)
		if empty, _, closed := s.box.state(); closed && empty || s.ctx.Err() != nil {
			return
		}
		wait := s.wait(err, &delay)
		s.cfg.Logf("stream: %v; next attempt in %v", err, wait)
		if !s.sleep(wait, !locked(err)) {
			return
		}
	}
}

// awaitWork blocks until there is something to send; false means stop.
func (s *Stream) awaitWork() bool {
	for {
		empty, _, closed := s.box.state()
		if s.ctx.Err() != nil || closed && empty && !s.drops.any() {
			return false
		}
		if !empty {
			return true
		}
		wait := forever
		if s.drops.any() {
			if wait = s.untilReport(); wait <= 0 || closed {
				return true
			}
		}
		if !s.pauseFor(wait) {
			return false
		}
	}
}

func (s *Stream) untilReport() time.Duration {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	return s.cfg.ReportInterval - time.Since(s.box.reported)
}

// pauseFor waits for a change or the duration; false means stop.
func (s *Stream) pauseFor(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.box.wake:
	case <-timer.C:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// wait chooses the delay after a failure.
func (s *Stream) wait(err error, delay *backoff) time.Duration {
	select {
	case <-s.box.kick: // from a flush that is over, or that hurried sees
	default:
	}
	d := delay.next()
	if asked, ok := hint(err); ok {
		return max(0, min(asked, maxPause)) + d
	}
	if locked(err) {
		return s.cfg.BackoffMax/2 + d/2
	}
	if s.box.hurried() {
		return min(d, hurriedDelay)
	}
	return d
}

// sleep waits; a flush cuts it short if that is allowed.
func (s *Stream) sleep(d time.Duration, hurry bool) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var kick <-chan struct{}
	if hurry && d > hurriedDelay {
		kick = s.box.kick
	}
	select {
	case <-timer.C:
	case <-kick:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// isolate looks for the event that the server refuses by sending ever smaller
// batches, and gives it up when it was refused often enough.
func (s *Stream) isolate() {
	e := s.box.narrow()
	if e == nil {
		return
	}
	if e.refusals++; e.refusals >= maxRefusals {
		s.box.remove(e)
		s.Drop(DropNetworkError, 1)
		s.end(e)
	}
}

// end notes that entries have their outcome.
func (s *Stream) end(entries ...*entry) {
	var done []spool.Done
	for _, e := range entries {
		if e.ref.Valid() {
			done = append(done, spool.Done{ID: e.id, Ref: e.ref})
		}
	}
	if len(done) > 0 {
		s.cfg.Spool.Done(done)
	}
	for _, e := range entries {
		s.tracker.end(&e.ticket)
	}
}

// session sends batches over one stream until it fails, idles or closes. Only
// a failure is an error; progress tells that the server took an event.
func (s *Stream) session() (progress bool, err error) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	stream := s.client.CallBidiStream(ctx)
	stream.RequestHeader().Set("Authorization", "Bearer "+s.cfg.Key)
	if err := stream.Send(nil); err != nil {
		return false, fmt.Errorf("open stream: %w", err)
	}

	var took atomic.Bool
	received := make(chan error, 1)
	go func() {
		err := s.receive(stream, &took)
		received <- err
		cancel(err)
	}()
	watch := s.watch(cancel)
	defer watch()

	sendErr := s.send(ctx, stream)
	if sendErr == nil {
		_ = stream.CloseRequest()
		grace := time.AfterFunc(s.cfg.AckTimeout, func() { cancel(errAckTimeout) })
		defer grace.Stop()
	} else {
		cancel(sendErr)
	}
	recvErr := <-received
	_ = stream.CloseResponse()

	switch {
	case errors.Is(recvErr, io.EOF) && sendErr == nil:
		if _, settled, _ := s.box.state(); settled {
			return took.Load(), nil
		}
		return took.Load(), errServerEnd
	case errors.Is(recvErr, io.EOF):
		return took.Load(), errServerEnd
	case errors.Is(context.Cause(ctx), errAckTimeout):
		return took.Load(), errAckTimeout
	default:
		return took.Load(), recvErr
	}
}

// watch ends the stream when a batch waits too long for its acknowledgement,
// or for room in the connection. It returns a function that stops watching.
func (s *Stream) watch(cancel context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(max(s.cfg.AckTimeout/8, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if oldest, ok := s.box.oldest(); ok && time.Since(oldest) > s.cfg.AckTimeout {
					cancel(errAckTimeout)
					return
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-finished
	}
}

// send sends batches until the stream ends or there is nothing left to do.
func (s *Stream) send(ctx context.Context, stream *call) error {
	idle := time.Now()
	for {
		b, wait := s.box.take(time.Now(), s.drops)
		if b != nil {
			if err := s.sendBatch(stream, b); err != nil {
				return err
			}
			idle = time.Now()
			continue
		}
		empty, settled, closed := s.box.state()
		if empty && settled {
			if closed && !s.drops.any() {
				return nil
			}
			left := s.cfg.IdleTimeout - time.Since(idle)
			if left <= 0 {
				return nil
			}
			wait = min(wait, left)
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.box.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
}

// sendBatch reads what is on disk only, notes the batch as under way and sends it.
func (s *Stream) sendBatch(stream *call, b *batch) error {
	f := &frame{projectID: s.cfg.ProjectID, batchID: b.id, attempt: b.attempt, drops: b.drops}
	readable := b.entries[:0]
	for _, e := range b.entries {
		data := e.data
		if data == nil {
			var err error
			if data, err = s.cfg.Spool.Read(e.ref); err != nil {
				s.cfg.Logf("spool: %v", err)
				b.bytes -= e.size
				s.Drop(DropInternal, 1)
				s.end(e)
				continue
			}
		}
		readable = append(readable, e)
		f.events = append(f.events, data)
	}
	b.entries = readable
	if len(f.events) == 0 && len(f.drops) == 0 {
		return nil
	}
	if b.attempt > 1 {
		s.resent.Add(uint64(len(b.entries)))
	}
	s.box.sent(b, time.Now())
	if err := stream.Send(f); err != nil {
		return fmt.Errorf("send batch: %w", err)
	}
	return nil
}

// receive handles acknowledgements until the stream ends.
func (s *Stream) receive(stream *call, took *atomic.Bool) error {
	again := backoff{min: s.cfg.BackoffMin, max: s.cfg.BackoffMax}
	for {
		msg, err := stream.Receive()
		if err != nil {
			return err
		}
		if ack := msg.GetAck(); ack != nil && s.settle(ack, &again) {
			took.Store(true)
		}
	}
}

// settle ends the events of an acknowledged batch, or puts them back, and
// reports whether the server took one.
func (s *Stream) settle(ack *ingestv1.Ack, again *backoff) bool {
	b := s.box.acknowledged(ack.GetBatchId())
	if b == nil {
		return false
	}
	var back, ended []*entry
	took := false
	results := ack.GetResults()
	for i, e := range b.entries {
		outcome, retry := ingestv1.Outcome_OUTCOME_UNSPECIFIED, true
		if i < len(results) {
			outcome, retry = results[i].GetOutcome(), results[i].GetRetry()
		}
		switch outcome {
		case ingestv1.Outcome_OUTCOME_STORED, ingestv1.Outcome_OUTCOME_DUPLICATE:
			took = true
			s.stored.Add(1)
		case ingestv1.Outcome_OUTCOME_FILTERED, ingestv1.Outcome_OUTCOME_INVALID:
			took = true
			s.refusedCount.Add(1)
		default:
			if retry {
				back = append(back, e)
				continue
			}
			s.refusedCount.Add(1)
		}
		ended = append(ended, e)
	}
	s.end(ended...)
	var pause time.Duration
	if ack.GetRetryAfter() != nil {
		pause = max(0, min(ack.GetRetryAfter().AsDuration(), maxPause))
	}
	switch {
	case len(back) == 0:
		again.reset()
	case pause == 0:
		pause = again.next()
	}
	s.box.returned(back, time.Now().Add(pause))
	return took
}
