package faultline

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Scope holds what is known about the surroundings of events: who, where, and
// what happened before. Its maps are replaced and never changed, so that
// cloning a scope and applying it to an event copy nothing.
type Scope struct {
	mu          sync.RWMutex
	user        User
	tags        map[string]string
	contexts    map[string]Context
	extra       map[string]any
	breadcrumbs []*Breadcrumb
	fingerprint []string
	flags       []Flag
	level       Level
	transaction string
	request     *http.Request
	requestData *Request
	trace       Trace
	processors  []EventProcessor
}

// NewScope returns an empty scope.
func NewScope() *Scope { return &Scope{} }

// Clone returns a scope that starts with what this one holds.
func (s *Scope) Clone() *Scope {
	if s == nil {
		return NewScope()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &Scope{
		user:        s.user,
		tags:        s.tags,
		contexts:    s.contexts,
		extra:       s.extra,
		breadcrumbs: slices.Clip(s.breadcrumbs),
		fingerprint: s.fingerprint,
		flags:       slices.Clip(s.flags),
		level:       s.level,
		transaction: s.transaction,
		request:     s.request,
		requestData: s.requestData,
		trace:       s.trace,
		processors:  slices.Clip(s.processors),
	}
}

// change runs fn under the scope's lock, and does nothing for a nil scope.
func (s *Scope) change(fn func()) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// with returns a copy of m that also holds v under k.
func with[V any](m map[string]V, k string, v V) map[string]V {
	n := make(map[string]V, len(m)+1)
	maps.Copy(n, m)
	n[k] = v
	return n
}

// without returns a copy of m that holds nothing under k.
func without[V any](m map[string]V, k string) map[string]V {
	n := maps.Clone(m)
	delete(n, k)
	return n
}

// merged returns a map that holds both; over wins.
func merged[V any](under, over map[string]V) map[string]V {
	if len(under) == 0 {
		return over
	}
	if len(over) == 0 {
		return under
	}
	n := make(map[string]V, len(under)+len(over))
	maps.Copy(n, under)
	maps.Copy(n, over)
	return n
}

// Clear empties the scope.
func (s *Scope) Clear() {
	s.change(func() {
		s.user, s.tags, s.contexts, s.extra = User{}, nil, nil, nil
		s.breadcrumbs, s.fingerprint, s.flags, s.processors = nil, nil, nil, nil
		s.level, s.transaction, s.request, s.requestData, s.trace = "", "", nil, nil, Trace{}
	})
}

// SetUser says who is affected.
func (s *Scope) SetUser(user User) {
	user.Data = maps.Clone(user.Data)
	s.change(func() { s.user = user })
}

// SetTag sets a short fact that can be searched.
func (s *Scope) SetTag(key, value string) {
	s.change(func() { s.tags = with(s.tags, key, value) })
}

// SetTags sets several tags.
func (s *Scope) SetTags(tags map[string]string) {
	tags = maps.Clone(tags)
	s.change(func() { s.tags = merged(s.tags, tags) })
}

// RemoveTag removes a tag.
func (s *Scope) RemoveTag(key string) {
	s.change(func() { s.tags = without(s.tags, key) })
}

// SetContext sets a named group of facts. The value is copied.
func (s *Scope) SetContext(key string, value Context) {
	value = plainMap(value)
	s.change(func() { s.contexts = with(s.contexts, key, value) })
}

// SetContexts sets several groups of facts.
func (s *Scope) SetContexts(contexts map[string]Context) {
	for key, value := range contexts {
		s.SetContext(key, value)
	}
}

// RemoveContext removes a group of facts.
func (s *Scope) RemoveContext(key string) {
	s.change(func() { s.contexts = without(s.contexts, key) })
}

// SetExtra attaches a value of any kind. The value is copied.
func (s *Scope) SetExtra(key string, value any) {
	value = plain(value)
	s.change(func() { s.extra = with(s.extra, key, value) })
}

// SetExtras attaches several values.
func (s *Scope) SetExtras(extra map[string]any) {
	extra = plainMap(extra)
	s.change(func() { s.extra = merged(s.extra, extra) })
}

// RemoveExtra removes an attached value.
func (s *Scope) RemoveExtra(key string) {
	s.change(func() { s.extra = without(s.extra, key) })
}

// SetFingerprint sets the grouping of events.
func (s *Scope) SetFingerprint(fingerprint []string) {
	fingerprint = slices.Clone(fingerprint)
	s.change(func() { s.fingerprint = fingerprint })
}

// SetLevel sets the severity of events.
func (s *Scope) SetLevel(level Level) { s.change(func() { s.level = level }) }

// SetTransaction names the route, job or function.
func (s *Scope) SetTransaction(name string) { s.change(func() { s.transaction = name }) }

// SetTrace says where in a distributed trace the program is.
func (s *Scope) SetTrace(trace Trace) { s.change(func() { s.trace = trace }) }

// Trace returns where in a distributed trace the program is.
func (s *Scope) Trace() Trace {
	if s == nil {
		return Trace{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.trace
}

// SetRequest says which HTTP request is being served. It is read when an
// event is captured.
func (s *Scope) SetRequest(r *http.Request) {
	s.change(func() { s.request, s.requestData = r, nil })
}

// SetRequestData describes the request in which events happen, for servers
// that are not net/http.
func (s *Scope) SetRequestData(r *Request) {
	s.change(func() { s.request, s.requestData = nil, r })
}

// SetFlag notes the result of a feature flag.
func (s *Scope) SetFlag(name, result string) {
	const most = 100
	s.change(func() {
		flags := slices.DeleteFunc(slices.Clone(s.flags), func(f Flag) bool { return f.Name == name })
		if len(flags) >= most {
			flags = flags[1:]
		}
		s.flags = append(flags, Flag{Name: name, Result: result})
	})
}

// AddBreadcrumb appends a breadcrumb and forgets the oldest above limit.
func (s *Scope) AddBreadcrumb(breadcrumb *Breadcrumb, limit int) {
	if breadcrumb == nil || limit <= 0 {
		return
	}
	b := *breadcrumb
	if b.Timestamp.IsZero() {
		b.Timestamp = time.Now()
	}
	b.Data = plainMap(b.Data)
	s.change(func() {
		if over := len(s.breadcrumbs) + 1 - limit; over > 0 {
			s.breadcrumbs = s.breadcrumbs[over:]
		}
		s.breadcrumbs = append(s.breadcrumbs, &b)
	})
}

// ClearBreadcrumbs forgets all breadcrumbs.
func (s *Scope) ClearBreadcrumbs() { s.change(func() { s.breadcrumbs = nil }) }

// AddEventProcessor adds a function that every event of the scope passes.
func (s *Scope) AddEventProcessor(processor EventProcessor) {
	s.change(func() { s.processors = append(slices.Clip(s.processors), processor) })
}

// apply adds what the scope knows to an event. What the event says itself wins.
func (s *Scope) apply(event *Event, pii bool) []EventProcessor {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	event.Tags = merged(s.tags, event.Tags)
	event.Contexts = merged(s.contexts, event.Contexts)
	event.Extra = merged(s.extra, event.Extra)
	if len(event.Breadcrumbs) == 0 {
		event.Breadcrumbs = slices.Clip(s.breadcrumbs)
	}
	if event.User.IsEmpty() {
		event.User = s.user
	}
	if len(event.Fingerprint) == 0 {
		event.Fingerprint = s.fingerprint
	}
	if len(event.Flags) == 0 {
		event.Flags = s.flags
	}
	if s.level != "" {
		event.Level = s.level
	}
	if event.Transaction == "" {
		event.Transaction = s.transaction
	}
	if event.Trace.IsZero() {
		event.Trace = s.trace
	}
	if event.Request == nil {
		event.Request = s.requestData
		if s.request != nil {
			event.Request = NewRequest(s.request, pii)
		}
	}
	return s.processors
}
