package admin

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/project"
)

// Limits of settings. Each has an error that names the field.
const (
	maxRetention = 3650 // days
	maxRate      = 1e6  // events a second
	maxBurst     = 10_000_000
	maxPatterns  = 200 // of one list
	maxPattern   = 200 // bytes
)

// SettingsChange is what is to become of a project's settings; nil stays as it is. A list
// replaces the list that was.
type SettingsChange struct {
	RetentionDays *uint32
	RatePerSecond *float64
	RateBurst     *uint32

	ScrubDefaults *bool
	ScrubKeys     *[]string
	SafeKeys      *[]string
	ScrubIPs      *bool

	FilterReleases       *[]string
	FilterEnvironments   *[]string
	FilterMessages       *[]string
	FilterTypes          *[]string
	FilterLegacyBrowsers *bool
	FilterExtensions     *bool
	FilterCrawlers       *bool
	FilterLocalhost      *bool
	FilterHealthChecks   *bool
	AllowedOrigins       *[]string
}

// apply writes the change into settings, or says which field is wrong.
func (c SettingsChange) apply(s *project.Settings) error {
	if err := c.amounts(s); err != nil {
		return err
	}
	for _, l := range [...]struct {
		field string
		from  *[]string
		to    *[]string
		check func(string) error
	}{
		{"scrubbing.keys", c.ScrubKeys, &s.ScrubKeys, pattern},
		{"scrubbing.safe_keys", c.SafeKeys, &s.SafeKeys, pattern},
		{"filters.releases", c.FilterReleases, &s.FilterReleases, pattern},
		{"filters.environments", c.FilterEnvironments, &s.FilterEnvironments, pattern},
		{"filters.messages", c.FilterMessages, &s.FilterMessages, pattern},
		{"filters.types", c.FilterTypes, &s.FilterTypes, pattern},
		{"allowed_origins", c.AllowedOrigins, &s.AllowedOrigins, origin},
	} {
		if l.from == nil {
			continue
		}
		clean, err := patterns(*l.from, l.check)
		if err != nil {
			return invalid("settings.%s%w", l.field, err)
		}
		*l.to = clean
	}
	for _, b := range [...]struct {
		from, to *bool
	}{
		{c.ScrubDefaults, &s.ScrubDefaults}, {c.ScrubIPs, &s.ScrubIPs},
		{c.FilterLegacyBrowsers, &s.FilterLegacyBrowsers}, {c.FilterExtensions, &s.FilterExtensions}, {c.FilterCrawlers, &s.FilterCrawlers},
		{c.FilterLocalhost, &s.FilterLocalhost}, {c.FilterHealthChecks, &s.FilterHealthChecks},
	} {
		if b.from != nil {
			*b.to = *b.from
		}
	}
	return nil
}

func (c SettingsChange) amounts(s *project.Settings) error {
	if d := c.RetentionDays; d != nil {
		if *d < 1 || *d > maxRetention {
			return invalid("settings.retention_days is %d: give 1 to %d", *d, maxRetention)
		}
		s.RetentionDays = uint16(*d)
	}
	r := project.Rate{PerSecond: s.RatePerSecond, Burst: s.RateBurst}
	if c.RatePerSecond != nil {
		r.PerSecond = *c.RatePerSecond
	}
	if c.RateBurst != nil {
		r.Burst = int(*c.RateBurst)
	}
	if err := rate("settings.", r); err != nil {
		return err
	}
	s.RatePerSecond, s.RateBurst = r.PerSecond, r.Burst
	return nil
}

// rate checks an allowance of events; where goes before the names of its fields.
func rate(where string, r project.Rate) error {
	switch {
	case math.IsNaN(r.PerSecond) || r.PerSecond < 0 || r.PerSecond > maxRate:
		return invalid("%srate_per_second is %v: give 0 for no limit, at most %.0f", where, r.PerSecond, maxRate)
	case r.Burst < 0 || r.Burst > maxBurst:
		return invalid("%srate_burst is %d: give at most %d", where, r.Burst, maxBurst)
	}
	return nil
}

// patterns checks the lines of a list and returns them without space around them. Its
// errors go behind the name of the list.
func patterns(list []string, check func(string) error) ([]string, error) {
	if len(list) > maxPatterns {
		return nil, fmt.Errorf(" has %d lines: give at most %d", len(list), maxPatterns)
	}
	clean := make([]string, len(list))
	for i, p := range list {
		clean[i] = strings.TrimSpace(p)
		if err := check(clean[i]); err != nil {
			return nil, fmt.Errorf("[%d] %w", i, err)
		}
	}
	return clean, nil
}

// pattern checks a text in which * stands for anything.
func pattern(p string) error {
	switch {
	case p == "":
		return fmt.Errorf("is empty")
	case len(p) > maxPattern:
		return fmt.Errorf("has more than %d bytes", maxPattern)
	case !utf8.ValidString(p) || strings.ContainsFunc(p, unicode.IsControl):
		return fmt.Errorf("holds what is no text")
	}
	return nil
}

// origin checks a place that browsers come from: a host, with a scheme and a port if
// they matter.
func origin(o string) error {
	if err := pattern(o); err != nil {
		return err
	}
	host := o
	if scheme, rest, found := strings.Cut(o, "://"); found {
		if scheme == "" || rest == "" {
			return fmt.Errorf("is %q: give a host like example.com, *.example.com or https://example.com:8443", o)
		}
		host = rest
	}
	if strings.ContainsAny(host, "/?#@ ,") {
		return fmt.Errorf("is %q: give a host like example.com, *.example.com or https://example.com:8443, without a path", o)
	}
	return nil
}
