package search

import (
	"encoding/hex"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// OfOccurrence lets queries see a whole event. It does not copy it.
func OfOccurrence(o *event.Occurrence) Subject { return occurrence{o} }

// OfSummary lets queries see the short form of an event; only queries that
// FitsSummary allows are decided as on the whole.
func OfSummary(s *event.Summary) Subject { return summary{s} }

type occurrence struct{ o *event.Occurrence }

// Texts implements Subject.
func (s occurrence) Texts(k Key, yield func(string) bool) {
	e := s.o.Event
	if k.IsTag() {
		v, _ := e.Tag(k.Tag)
		yield(v)
		return
	}
	switch k.Field {
	case ID:
		yield(e.ID.String())
	case Trace:
		if e.Trace.TraceID != [16]byte{} {
			yield(hex.EncodeToString(e.Trace.TraceID[:]))
		}
	case User:
		for _, v := range [...]string{e.User.ID, e.User.Email, e.User.Username, e.User.Name, e.User.IP} {
			if !yield(v) {
				return
			}
		}
	case ErrorType, ErrorValue, ErrorMechanism:
		exceptionTexts(e, k.Field, yield)
	case StackFunction, StackModule, StackFilename, StackAbsPath:
		frameTexts(e, k.Field, yield)
	default:
		yield(s.text(k.Field))
	}
}

// text is the value of a field that has only one.
func (s occurrence) text(f Field) string {
	e := s.o.Event
	switch f {
	case Title:
		return s.o.Title
	case Culprit:
		return s.o.Culprit
	case Message:
		return e.Message.Text()
	case Platform:
		return e.Platform
	case Logger:
		return e.Logger
	case Transaction:
		return e.Transaction
	case ServerName:
		return e.ServerName
	case Release:
		return e.Release
	case Dist:
		return e.Dist
	case Environment:
		return e.Environment
	case UserID:
		return e.User.ID
	case UserEmail:
		return e.User.Email
	case UserUsername:
		return e.User.Username
	case UserIP:
		return e.User.IP
	case URL:
		return e.Request.URL
	case HTTPMethod:
		return e.Request.Method
	case SDKName:
		return e.SDK.Name
	case SDKVersion:
		return e.SDK.Version
	}
	return ""
}

func exceptionTexts(e *event.Event, f Field, yield func(string) bool) {
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		v := x.Type
		switch f {
		case ErrorValue:
			v = x.Value
		case ErrorMechanism:
			v = x.Mechanism.Type
		}
		if !yield(v) {
			return
		}
	}
}

func frameTexts(e *event.Event, f Field, yield func(string) bool) {
	for i := range e.Exceptions {
		frames := e.Exceptions[i].Stack.Frames
		for j := range frames {
			v := frames[j].Function
			switch f {
			case StackModule:
				v = frames[j].Module
			case StackFilename:
				v = frames[j].Filename
			case StackAbsPath:
				v = frames[j].AbsPath
			}
			if !yield(v) {
				return
			}
		}
	}
}

// Number implements Subject.
func (s occurrence) Number(f Field) (uint64, bool) {
	return eventNumber(f, s.o.Event.Level, s.o.Event.Handled())
}

// Time implements Subject.
func (s occurrence) Time(f Field) (time.Time, bool) {
	return s.o.Event.Timestamp, f == Timestamp
}

// SearchText implements Subject.
func (s occurrence) SearchText() string { return SearchText(s.o.Event) }

type summary struct{ s *event.Summary }

// Texts implements Subject.
func (s summary) Texts(k Key, yield func(string) bool) {
	if k.IsTag() {
		for _, t := range s.s.Tags {
			if t.Key == k.Tag {
				yield(t.Value)
				return
			}
		}
		return
	}
	switch k.Field {
	case ID:
		yield(s.s.EventID.String())
	case Title:
		yield(s.s.Title)
	case Culprit:
		yield(s.s.Culprit)
	case Platform:
		yield(s.s.Platform)
	case Transaction:
		yield(s.s.Transaction)
	case ServerName:
		yield(s.s.ServerName)
	case Release:
		yield(s.s.Release)
	case Environment:
		yield(s.s.Environment)
	}
}

// Number implements Subject.
func (s summary) Number(f Field) (uint64, bool) {
	return eventNumber(f, s.s.Level, s.s.Handled)
}

// Time implements Subject.
func (s summary) Time(f Field) (time.Time, bool) { return s.s.Timestamp, f == Timestamp }

// SearchText implements Subject. A summary does not hold it.
func (s summary) SearchText() string { return "" }

func eventNumber(f Field, level event.Level, handled bool) (uint64, bool) {
	switch f {
	case Level:
		return uint64(level), true
	case Handled:
		if handled {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}
