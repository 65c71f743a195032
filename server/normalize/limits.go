package normalize

// Limits bound what one event may hold. What is beyond them is cut off and the
// field's path is written into Event.Trimmed; an event is never refused for it.
// Lengths of text are in bytes and cut at a character.
type Limits struct {
	Message     int // message, exception value, breadcrumb message
	Symbol      int // types, functions, modules, server name, thread ids
	Path        int // file names, URLs
	Name        int // transaction, culprit, logger, release, environment, tags' values, user's fields
	TagKey      int // tags' keys
	SourceLine  int // one line of source code
	Object      int // one free-form JSON object: a context, a frame's variables, a breadcrumb's data
	Body        int // request body
	Exceptions  int // exceptions of a chain
	Frames      int // frames of one stack; the middle is left out
	Threads     int // threads
	Breadcrumbs int // breadcrumbs; the oldest are left out
	Tags        int // tags
	Contexts    int // contexts
	Modules     int // modules
	Headers     int // request headers
	Images      int // debug images
	Flags       int // feature flags; the oldest are left out
	Fingerprint int // elements of a client fingerprint
}

// DefaultLimits follow what Sentry's relay trims to, so that an event looks the
// same here, with more room for stacks and modules.
func DefaultLimits() Limits {
	return Limits{
		Message: 8192, Symbol: 512, Path: 1024, Name: 250, TagKey: 200, SourceLine: 512, Object: 16 << 10, Body: 16 << 10,
		Exceptions: 50, Frames: 250, Threads: 250, Breadcrumbs: 100, Tags: 200, Contexts: 100, Modules: 1000, Headers: 100,
		Images: 500, Flags: 100, Fingerprint: 32,
	}
}
