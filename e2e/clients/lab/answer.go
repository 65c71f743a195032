package lab

// Issue is what REST says of an issue.
type Issue struct {
	ID, Title, Culprit, Level, Count, UserCount string
}

// Event is what REST says of an event.
type Event struct {
	EventID, IssueID, Title, Culprit string
	Event                            Stored
}

// Stored is the event itself.
type Stored struct {
	Level, Platform, Release, Environment, ServerName, Transaction, Logger string
	Message                                                                *struct{ Formatted, Template string }
	Exceptions                                                             []Exception
	Threads                                                                []Thread
	Breadcrumbs                                                            []Breadcrumb
	User                                                                   struct{ ID, Email, Username, IPAddress string }
	Request                                                                Request
	Tags                                                                   map[string]string
	Contexts                                                               map[string]map[string]any
	Extra                                                                  map[string]any
	SDK                                                                    struct{ Name, Version string }
	Modules                                                                map[string]string
	Trace                                                                  *struct{ TraceID, SpanID string }
}

// Exception is one of a chain or a group.
type Exception struct {
	Type, Value, Module string
	Stacktrace          Stacktrace
	Mechanism           struct {
		Type        string
		Handled     *bool
		ExceptionID int
		ParentID    *int
		IsGroup     bool
	}
}

// Stacktrace has the oldest call first.
type Stacktrace struct {
	Frames []Frame
}

// Frame is a call.
type Frame struct {
	Function, Module, Filename, AbsPath, ContextLine string
	PreContext, PostContext                          []string
	InApp                                            bool
	Lineno, Colno                                    int
	Vars                                             map[string]any
}

// Thread is one of the process's.
type Thread struct {
	ID, Name         string
	Crashed, Current bool
	Stacktrace       Stacktrace
}

// Breadcrumb is what happened before.
type Breadcrumb struct {
	Type, Category, Message, Level string
	Data                           map[string]any
}

// Request is the HTTP request during which it happened.
type Request struct {
	URL, Method, QueryString, Body string
	Headers                        []struct{ Name, Value string }
}

// Functions are the names of the calls, the oldest first.
func (s Stacktrace) Functions() []string {
	var out []string
	for _, f := range s.Frames {
		out = append(out, f.Function)
	}
	return out
}

// Own are the calls of the program itself.
func (s Stacktrace) Own() Stacktrace {
	var out Stacktrace
	for _, f := range s.Frames {
		if f.InApp {
			out.Frames = append(out.Frames, f)
		}
	}
	return out
}

// Last is the call in which it happened; the zero one if there are none.
func (s Stacktrace) Last() Frame {
	if len(s.Frames) == 0 {
		return Frame{}
	}
	return s.Frames[len(s.Frames)-1]
}

// Crumb is the first breadcrumb of a category.
func (e Stored) Crumb(category string) (Breadcrumb, bool) {
	for _, b := range e.Breadcrumbs {
		if b.Category == category {
			return b, true
		}
	}
	return Breadcrumb{}, false
}
