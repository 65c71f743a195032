package admin

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
)

func TestWrongSettingsNameTheirField(t *testing.T) {
	t.Parallel()
	f := func(c SettingsChange, field string) {
		t.Helper()
		s := project.DefaultSettings()
		err := c.apply(&s)
		if !errors.Is(err, project.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
	list := func(l ...string) *[]string { return &l }
	f(SettingsChange{RetentionDays: new(uint32(0))}, "settings.retention_days")
	f(SettingsChange{RetentionDays: new(uint32(70000))}, "settings.retention_days")
	f(SettingsChange{RatePerSecond: new(-1.0)}, "settings.rate_per_second")
	f(SettingsChange{RatePerSecond: new(math.NaN())}, "settings.rate_per_second")
	f(SettingsChange{RateBurst: new(uint32(math.MaxUint32))}, "settings.rate_burst")
	f(SettingsChange{ScrubKeys: list("ok", " ")}, "settings.scrubbing.keys[1]")
	f(SettingsChange{SafeKeys: list(strings.Repeat("x", 201))}, "settings.scrubbing.safe_keys[0]")
	f(SettingsChange{FilterReleases: list("a\nb")}, "settings.filters.releases[0]")
	f(SettingsChange{FilterTypes: list("\xff")}, "settings.filters.types[0]")
	f(SettingsChange{FilterMessages: list(make([]string, 201)...)}, "settings.filters.messages")
	f(SettingsChange{AllowedOrigins: list("https://example.com/path")}, "settings.allowed_origins[0]")
	f(SettingsChange{AllowedOrigins: list("https://")}, "settings.allowed_origins[0]")
}

func TestSettingsThatAreNotGivenStay(t *testing.T) {
	t.Parallel()
	s := project.DefaultSettings()
	change := SettingsChange{RatePerSecond: new(2.5), FilterLocalhost: new(true), FilterCrawlers: new(false), AllowedOrigins: &[]string{" *.example.com ", "https://example.com:8443"}}
	if err := change.apply(&s); err != nil {
		t.Fatal(err)
	}
	want := project.DefaultSettings()
	want.RatePerSecond, want.FilterLocalhost, want.FilterCrawlers = 2.5, true, false
	want.AllowedOrigins = []string{"*.example.com", "https://example.com:8443"}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v", s)
	}
}
