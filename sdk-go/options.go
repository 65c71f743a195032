package faultline

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"time"
)

// ClientOptions configures a Client. The zero value of every field is a
// sensible choice.
type ClientOptions struct {
	// Dsn says where to send. Empty: FAULTLINE_DSN; if that is empty too,
	// nothing is sent.
	Dsn string
	// APIKey is a project's JWT API key, sent instead of the DSN's public
	// key. Empty: FAULTLINE_API_KEY.
	APIKey string
	// Environment is production, staging, ... Empty: FAULTLINE_ENVIRONMENT.
	Environment string
	// Release is the program's version. Empty: FAULTLINE_RELEASE, then the
	// commit, then the module version that the Go tool put into the program.
	Release string
	// Dist is the build within the release.
	Dist string
	// ServerName is the machine's name. Empty: the host name.
	ServerName string

	// SampleRate is the share of events that are sent, above 0 up to 1. Zero is 1.
	SampleRate float64
	// BeforeSend sees every event last and may change it or, by returning
	// nil, drop it. It runs on the goroutine that captures. If it panics the
	// event is dropped and counted. Source lines are added after it.
	BeforeSend func(event *Event, hint *EventHint) *Event
	// BeforeBreadcrumb may change a breadcrumb or, by returning nil, drop it.
	BeforeBreadcrumb func(breadcrumb *Breadcrumb, hint *BreadcrumbHint) *Breadcrumb
	// IgnoreErrors lists regular expressions; an event whose message or
	// whose captured error's type or text matches one is dropped.
	IgnoreErrors []string
	// AttachStacktrace adds the stack to messages too.
	AttachStacktrace bool
	// AttachGoroutines adds the stacks of all goroutines to fatal events.
	// Collecting them stops the program for a moment.
	AttachGoroutines bool
	// DisableSourceContext leaves source lines out of stack traces.
	DisableSourceContext bool
	// SourceRoot is the folder of the main module's sources, for programs
	// built with -trimpath. Empty: the working folder.
	SourceRoot string
	// InAppInclude lists package prefixes that are the program's own code.
	InAppInclude []string
	// InAppExclude lists package prefixes that are not.
	InAppExclude []string
	// MaxBreadcrumbs is how many are kept. Zero is 100, a negative number none.
	MaxBreadcrumbs int
	// MaxErrorDepth is how many errors of a chain or tree are kept. Zero is 50.
	MaxErrorDepth int
	// SendDefaultPII sends cookies, authorization headers and IP addresses.
	SendDefaultPII bool
	// Repanic makes Recover flush and panic again after it has reported.
	Repanic bool

	// MaxQueueEvents bounds the events in memory. Zero is 10,000.
	MaxQueueEvents int
	// MaxQueueBytes bounds the memory that they take. Zero is 32 MiB.
	MaxQueueBytes int
	// MaxEventBytes bounds one encoded event. Zero is 1 MiB.
	MaxEventBytes int
	// SpoolDir is a folder in which events are kept until the server has
	// stored them, so that they survive a crash of the program. Several
	// programs may share it. Empty: memory only.
	SpoolDir string
	// SpoolMaxBytes bounds the files of this program there. Zero is 64 MiB.
	SpoolMaxBytes int64
	// SpoolSync waits for the disk before an event is sent, so that it
	// survives a crash of the machine too.
	SpoolSync bool

	// Compress sends with gzip: less traffic, more work.
	Compress bool
	// TLSConfig is used for https.
	TLSConfig *tls.Config
	// ShutdownTimeout bounds how long Close, and Recover with Repanic, wait
	// for events to be stored. Zero is 2 seconds.
	ShutdownTimeout time.Duration
	// Transport replaces the stream to the server, for tests.
	Transport Transport

	// Debug writes what the SDK does to DebugWriter.
	Debug bool
	// DebugWriter receives debugging output; nil writes nothing. It must not block.
	DebugWriter io.Writer

	ignore []*regexp.Regexp
}

// ErrOptions is wrapped by every error about options.
var ErrOptions = errors.New("invalid options")

// complete fills in defaults and checks the rest.
func (o ClientOptions) complete() (ClientOptions, error) {
	o.Dsn = either(o.Dsn, os.Getenv("FAULTLINE_DSN"))
	o.APIKey = either(o.APIKey, os.Getenv("FAULTLINE_API_KEY"))
	o.Environment = either(o.Environment, os.Getenv("FAULTLINE_ENVIRONMENT"))
	o.Release = either(o.Release, os.Getenv("FAULTLINE_RELEASE"))
	if o.Release == "" {
		o.Release = buildRelease()
	}
	if o.ServerName == "" {
		o.ServerName, _ = os.Hostname()
	}
	if o.SampleRate == 0 {
		o.SampleRate = 1
	}
	if math.IsNaN(o.SampleRate) || o.SampleRate < 0 || o.SampleRate > 1 {
		return o, fmt.Errorf("%w: SampleRate must be between 0 and 1", ErrOptions)
	}
	for _, pattern := range o.IgnoreErrors {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return o, fmt.Errorf("%w: IgnoreErrors: %w", ErrOptions, err)
		}
		o.ignore = append(o.ignore, re)
	}
	o.MaxBreadcrumbs = orDefault(o.MaxBreadcrumbs, 100)
	o.MaxErrorDepth = orDefault(o.MaxErrorDepth, 50)
	o.MaxQueueEvents = orDefault(o.MaxQueueEvents, 10_000)
	o.MaxQueueBytes = orDefault(o.MaxQueueBytes, 32<<20)
	o.MaxEventBytes = orDefault(o.MaxEventBytes, 1<<20)
	o.SpoolMaxBytes = orDefault(o.SpoolMaxBytes, 64<<20)
	o.ShutdownTimeout = orDefault(o.ShutdownTimeout, 2*time.Second)
	return o, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
