// Package event holds the words of what arrives: an event with its exceptions,
// frames, breadcrumbs and surroundings, and the occurrence that the pipeline
// makes of it. It names no protocol and no store, and does no I/O.
//
// Lists are slices, not maps, in the order of arrival, because that is what is
// cheap to fill, to compare and to store. Free-form objects stay JSON text.
package event

import "time"

// Event is one error, message or security report as an SDK described it.
// Strings are valid UTF-8 once the event has been normalized.
type Event struct {
	ID          ID
	Timestamp   time.Time // when it happened; zero: not told
	Level       Level
	Platform    string
	Logger      string
	Transaction string
	ServerName  string
	Release     string
	Dist        string
	Environment string
	Message     Message
	Exceptions  []Exception // the one that was thrown first, causes after it
	Threads     []Thread
	Breadcrumbs []Breadcrumb // oldest first
	User        User
	Request     Request
	Contexts    []Context
	Tags        []Tag
	Extra       Object
	Fingerprint []string // the sender's own grouping; empty: ours
	Modules     []Tag    // package to version
	SDK         SDK
	Trace       Trace
	DebugImages []DebugImage
	Attachments []Attachment
	Flags       []Flag
	Trimmed     []string // paths of fields that were trimmed
	Scrubbed    []string // paths of fields from which secrets were removed
}

// Object is the text of a JSON object without insignificant space, or empty.
type Object string

// Message is a text with the template and parameters it was made of.
type Message struct {
	Template  string
	Formatted string
	Params    []string
}

// Text is what a person reads: the formatted text, else the template.
func (m Message) Text() string {
	if m.Formatted != "" {
		return m.Formatted
	}
	return m.Template
}

// Exception is one error value of a chain or group.
type Exception struct {
	Type     string
	Value    string
	Module   string
	ThreadID string
	Stack    Stacktrace

	Mechanism Mechanism
}

// Handled tells whether the program handled an exception.
type Handled uint8

// The three answers. Unknown counts as handled.
const (
	HandledUnknown Handled = iota
	HandledNo
	HandledYes
)

// Mechanism tells how an exception was captured and how it relates to others.
type Mechanism struct {
	Type        string
	Handled     Handled
	ID          int // number of this exception in its event
	ParentID    int // number of the one that holds it; -1 for the root
	IsGroup     bool
	Source      string
	Synthetic   bool
	Description string
	Data        Object
}

// Stacktrace is a list of frames, caller first, crash last.
type Stacktrace struct {
	Frames  []Frame
	Omitted int // frames the sender left out
	// Shared tells that many events have these very frames: they have been normalized,
	// hold no variables and must not be changed. Stacks with the same number, which is
	// never 0 then, have the same frames. It means nothing in another process.
	Shared uint64
}

// InApp tells whether a frame is the program's own code.
type InApp uint8

// The three answers.
const (
	InAppUnknown InApp = iota
	InAppNo
	InAppYes
)

// Frame is one call in a stack trace.
type Frame struct {
	Function        string
	Module          string
	Filename        string
	AbsPath         string
	Line            uint32 // from 1; 0 unknown
	Column          uint32 // from 1; 0 unknown
	InApp           InApp
	PreContext      []string
	ContextLine     string
	PostContext     []string
	Vars            Object
	Package         string
	InstructionAddr uint64
	ImageAddr       uint64
	Symbol          string
	Platform        string // if it differs from the event's
	// Origin is the frame as it was sent, if what builds upload has explained it.
	Origin *Origin
}

// Thread is one thread or goroutine.
type Thread struct {
	ID      string
	Name    string
	Crashed bool
	Current bool
	State   string
	Stack   Stacktrace
}

// Breadcrumb is one thing that happened before the event.
type Breadcrumb struct {
	Timestamp time.Time
	Type      string
	Category  string
	Message   string
	Level     Level
	Data      Object
}

// User is the person or account that was affected.
type User struct {
	ID       string
	Email    string
	Username string
	Name     string
	IP       string
	Data     []Tag
}

// Label is the first that is known of id, e-mail, user name, name and address.
func (u User) Label() string {
	for _, s := range [...]string{u.ID, u.Email, u.Username, u.Name, u.IP} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Request is the HTTP request in which an event happened.
type Request struct {
	URL     string
	Method  string
	Query   string
	Headers []Tag
	Cookies string
	Body    string
	Env     []Tag
}

// IsZero reports whether nothing is known of the request.
func (r Request) IsZero() bool {
	return r.URL == "" && r.Method == "" && r.Query == "" && r.Cookies == "" && r.Body == "" &&
		len(r.Headers) == 0 && len(r.Env) == 0
}

// Context is a named group of facts about the surroundings.
type Context struct {
	Name string
	Data Object
}

// Tag is a name with a value.
type Tag struct {
	Key   string
	Value string
}

// SDK is the program that made the event.
type SDK struct {
	Name         string
	Version      string
	Integrations []string
}

// Trace is a position in a distributed trace.
type Trace struct {
	TraceID      [16]byte
	SpanID       [8]byte
	ParentSpanID [8]byte
}

// DebugImage is a binary or script that was loaded.
type DebugImage struct {
	Type      string
	DebugID   string
	CodeID    string
	CodeFile  string
	DebugFile string
	ImageAddr uint64
	ImageSize uint64
	Arch      string
}

// Attachment describes a file that belongs to an event.
type Attachment struct {
	Filename    string
	ContentType string
	Type        string
	Size        uint64
}

// Flag is one evaluated feature flag.
type Flag struct {
	Name   string
	Result string
}

// Handled reports whether the program handled what happened: false only when
// the thrown exception says so.
func (e *Event) Handled() bool {
	return len(e.Exceptions) == 0 || e.Exceptions[0].Mechanism.Handled != HandledNo
}

// Tag returns the value of a tag, and whether the event has it.
func (e *Event) Tag(key string) (string, bool) {
	for i := range e.Tags {
		if e.Tags[i].Key == key {
			return e.Tags[i].Value, true
		}
	}
	return "", false
}
