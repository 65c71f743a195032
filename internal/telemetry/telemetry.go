// Package telemetry is how Faultline tells about itself: one logger, one metrics
// registry, one version. It decides formats and names, and leaves what is
// measured to the packages that do the work.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// version is set by the linker to the release; else the commit stands in.
var version = ""

// Version is the release, or the commit of a build from source.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+modified"
			}
		}
	}
	if len(revision) >= 12 {
		return "dev-" + revision[:12] + modified
	}
	return "dev"
}

// Banner is the one line of `faultline version`.
func Banner() string {
	return fmt.Sprintf("faultline %s (%s, %s/%s)", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Config says how the process logs.
type Config struct {
	// Level is the least severe level that is written: debug, info, warn or error.
	Level string
	// Format is text for people or json for machines.
	Format string
}

// DefaultConfig writes text from info on.
func DefaultConfig() Config { return Config{Level: "info", Format: "text"} }

// Validate reports the first setting that is wrong.
func (c Config) Validate() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return fmt.Errorf("log-level %q: choose debug, info, warn or error", c.Level)
	}
	if c.Format != "text" && c.Format != "json" {
		return fmt.Errorf("log-format %q: choose text or json", c.Format)
	}
	return nil
}

// Logger makes a logger that writes to w. The configuration must be valid.
func (c Config) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked by Validate
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Registry makes a metrics registry with what every Go process tells.
func Registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "faultline_build_info", Help: "Always 1; the version is a label.", ConstLabels: prometheus.Labels{"version": Version()},
	})
	info.Set(1)
	r.MustRegister(info)
	return r
}
