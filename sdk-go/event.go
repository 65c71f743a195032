package faultline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"
)

// Level is the severity of an event or a breadcrumb.
type Level string

// The levels, from the least to the most severe.
const (
	LevelDebug   Level = "debug"
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelFatal   Level = "fatal"
)

// EventID identifies an event: 32 hexadecimal digits.
type EventID string

func newEventID() EventID {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [32]byte
	hex.Encode(text[:], id[:])
	return EventID(text[:])
}

// bytes returns the 16 bytes that the id stands for; dashes are allowed.
func (id EventID) bytes() (b [16]byte, ok bool) {
	var text [32]byte
	n := 0
	for i := range len(id) {
		if id[i] == '-' {
			continue
		}
		if n == len(text) {
			return b, false
		}
		text[n] = id[i]
		n++
	}
	if n != len(text) {
		return b, false
	}
	_, err := hex.Decode(b[:], text[:])
	return b, err == nil
}

// Context is a named group of facts about the surroundings.
type Context = map[string]any

// Event is one error or message. A hook that receives it may change it.
type Event struct {
	EventID     EventID
	Timestamp   time.Time
	Level       Level
	Platform    string
	Logger      string
	Transaction string
	ServerName  string
	Release     string
	Dist        string
	Environment string
	// Message is the text as a person reads it.
	Message string
	// MessageTemplate is the text before its parameters were put in; the
	// server groups by it.
	MessageTemplate string
	MessageParams   []string
	// Exception lists the error that was captured first, then its causes.
	Exception   []Exception
	Threads     []Thread
	Breadcrumbs []*Breadcrumb
	User        User
	Request     *Request
	Contexts    map[string]Context
	Tags        map[string]string
	Extra       map[string]any
	// Fingerprint is the program's own grouping; "{{ default }}" stands for
	// the server's.
	Fingerprint []string
	Modules     map[string]string
	Sdk         SdkInfo
	Trace       Trace
	Flags       []Flag

	complete   bool   // addFacts has run
	goroutines []byte // what runtime.Stack printed, parsed before sending
}

// Exception is one error of a chain.
type Exception struct {
	// Type is the error's Go type, "*fs.PathError".
	Type string
	// Value is the error's text.
	Value string
	// Module is the package that defines the type.
	Module     string
	ThreadID   string
	Stacktrace *Stacktrace
	Mechanism  *Mechanism
}

// Mechanism tells how an exception was captured and how it relates to others.
type Mechanism struct {
	Type        string
	Description string
	// Handled is false if the program did not handle the error; nil is not known.
	Handled *bool
	// ExceptionID is the exception's number in the event, 0 for the captured one.
	ExceptionID int
	// ParentID is the number of the exception that wraps this one; nil for the root.
	ParentID *int
	// IsExceptionGroup is true for an error that holds several others.
	IsExceptionGroup bool
	// Source is where in the parent it was found: "Unwrap", "errors[1]".
	Source    string
	Synthetic bool
	Data      map[string]any
}

// Thread is a goroutine.
type Thread struct {
	ID         string
	Name       string
	State      string
	Crashed    bool
	Current    bool
	Stacktrace *Stacktrace
}

// Breadcrumb is one thing that happened before an event.
type Breadcrumb struct {
	Type      string
	Category  string
	Message   string
	Level     Level
	Data      map[string]any
	Timestamp time.Time
}

// BreadcrumbHint carries what a breadcrumb was made from, for BeforeBreadcrumb.
type BreadcrumbHint map[string]any

// User is the person or account that was affected.
type User struct {
	ID        string
	Email     string
	Username  string
	Name      string
	IPAddress string
	Data      map[string]string
}

// IsEmpty reports whether nothing is known about the user.
func (u User) IsEmpty() bool {
	return u.ID == "" && u.Email == "" && u.Username == "" && u.Name == "" && u.IPAddress == "" && len(u.Data) == 0
}

// Request is the HTTP request in which an event happened.
type Request struct {
	// URL is the address without query.
	URL         string
	Method      string
	QueryString string
	Headers     http.Header
	Cookies     string
	Data        string
	Env         map[string]string
}

// SdkInfo names the SDK that made an event.
type SdkInfo struct {
	Name         string
	Version      string
	Integrations []string
}

// Trace is a position in a distributed trace, W3C Trace Context.
type Trace struct {
	TraceID      [16]byte
	SpanID       [8]byte
	ParentSpanID [8]byte
}

// IsZero reports whether there is no trace.
func (t Trace) IsZero() bool { return t == Trace{} }

// Flag is a feature flag that was evaluated.
type Flag struct {
	Name   string
	Result string
}

// EventHint carries what an event was made from, for hooks.
type EventHint struct {
	Data               any
	EventID            EventID
	OriginalException  error
	RecoveredException any
	Context            context.Context
	Request            *http.Request
}

// EventProcessor changes an event or, by returning nil, drops it.
type EventProcessor func(event *Event, hint *EventHint) *Event
