package pulse

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/health"
)

// book is a store that can be away.
type book struct {
	away     bool
	tokens   map[string]bool
	sessions []health.Row
	checkIns []health.CheckIn
}

func (b *book) InsertSessions(_ context.Context, token string, rows []health.Row) error {
	if b.away {
		b.tokens[token] = true
		return errors.New("away")
	}
	b.sessions = append(b.sessions, rows...)
	return nil
}

func (b *book) InsertCheckIns(_ context.Context, token string, list []health.CheckIn) error {
	b.checkIns = append(b.checkIns, list...)
	return nil
}

func open(t *testing.T, b *book, rows int) *Service {
	t.Helper()
	b.tokens = map[string]bool{}
	cfg := DefaultConfig()
	cfg.Rows = rows
	s, err := New(cfg, Parts{Store: b, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASessionBeginsOnceAndWhatItSaysIsARow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 34, 56, 0, time.UTC)
	b := &book{}
	s := open(t, b, 1000)
	session := health.Session{ProjectID: 7, ID: [16]byte{1}, User: 5, Release: "r", Environment: "e", Started: at}
	say := func(change func(*health.Session)) {
		v := session
		change(&v)
		s.Session(v)
	}
	say(func(v *health.Session) { v.Init = true })
	say(func(v *health.Session) { v.Init = true })
	say(func(v *health.Session) { v.User = 0 })
	say(func(v *health.Session) { v.Errors = true })
	say(func(v *health.Session) { v.Status, v.Errors = health.Exited, true })
	say(func(v *health.Session) { v.Init, v.ProjectID, v.Status = true, 8, health.Crashed })
	s.Sessions(health.Sessions{ProjectID: 7, Release: "r", Started: at, Exited: 3, Crashed: 1})
	s.Sessions(health.Sessions{ProjectID: 7})
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	hour := at.Truncate(time.Hour)
	row := health.Row{ProjectID: 7, Hour: hour, Release: "r", Environment: "e", User: 5}
	first, again, errored := row, row, row
	first.Started = 1
	errored.Session, errored.Status = hashOf(7, session.ID), health.Errored
	crashed := row
	crashed.ProjectID, crashed.Session, crashed.Started, crashed.Status = 8, hashOf(8, session.ID), 1, health.Crashed
	want := []health.Row{first, again, errored, errored, crashed, {ProjectID: 7, Hour: hour, Release: "r", Started: 4, Crashed: 1}}
	if diff := cmp.Diff(want, b.sessions); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeWrittenWaitsUnderItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &book{away: true}
		s := open(t, b, 100)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		s.CheckIn(health.CheckIn{Monitor: "m"})
		for n := range 100 {
			s.Session(health.Session{ID: [16]byte{byte(n)}, Init: true})
		}
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if len(b.tokens) != 1 || len(b.sessions) != 0 {
			t.Errorf("%d tokens, %d rows", len(b.tokens), len(b.sessions))
		}
		for n := range 200 {
			s.Session(health.Session{ID: [16]byte{byte(n), 1}, Init: true})
		}
		b.away = false
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(b.sessions) != 200 || len(b.checkIns) != 1 {
			t.Errorf("%d rows, %d check-ins", len(b.sessions), len(b.checkIns))
		}
	})
}
