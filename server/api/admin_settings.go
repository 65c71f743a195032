package api

import (
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/admin"
)

func toSettings(s project.Settings) *adminv1.ProjectSettings {
	return &adminv1.ProjectSettings{
		RetentionDays: new(uint32(s.RetentionDays)), RatePerSecond: &s.RatePerSecond, RateBurst: new(uint32(s.RateBurst)),
		Scrubbing: &adminv1.ScrubSettings{
			Defaults: &s.ScrubDefaults, Keys: toTexts(s.ScrubKeys), SafeKeys: toTexts(s.SafeKeys), IpAddresses: &s.ScrubIPs,
		},
		Filters: &adminv1.FilterSettings{
			Releases: toTexts(s.FilterReleases), Environments: toTexts(s.FilterEnvironments), Messages: toTexts(s.FilterMessages), Types: toTexts(s.FilterTypes),
			LegacyBrowsers: &s.FilterLegacyBrowsers, Extensions: &s.FilterExtensions, Crawlers: &s.FilterCrawlers,
			Localhost: &s.FilterLocalhost, HealthChecks: &s.FilterHealthChecks,
		},
		AllowedOrigins: toTexts(s.AllowedOrigins),
	}
}

// fromSettings reads a change of settings. Lists are checked by admin, but for what only
// this message can hold: something else than text.
func fromSettings(m *adminv1.ProjectSettings) (admin.SettingsChange, error) {
	scrub, filters := m.GetScrubbing(), m.GetFilters()
	var c admin.SettingsChange
	if m != nil {
		c.RetentionDays, c.RatePerSecond, c.RateBurst = m.RetentionDays, m.RatePerSecond, m.RateBurst
	}
	if scrub != nil {
		c.ScrubDefaults, c.ScrubIPs = scrub.Defaults, scrub.IpAddresses
	}
	if filters != nil {
		c.FilterLegacyBrowsers, c.FilterExtensions, c.FilterCrawlers = filters.LegacyBrowsers, filters.Extensions, filters.Crawlers
		c.FilterLocalhost, c.FilterHealthChecks = filters.Localhost, filters.HealthChecks
	}
	for _, l := range [...]struct {
		field string
		from  *structpb.ListValue
		to    **[]string
	}{
		{"scrubbing.keys", scrub.GetKeys(), &c.ScrubKeys},
		{"scrubbing.safe_keys", scrub.GetSafeKeys(), &c.SafeKeys},
		{"filters.releases", filters.GetReleases(), &c.FilterReleases},
		{"filters.environments", filters.GetEnvironments(), &c.FilterEnvironments},
		{"filters.messages", filters.GetMessages(), &c.FilterMessages},
		{"filters.types", filters.GetTypes(), &c.FilterTypes},
		{"allowed_origins", m.GetAllowedOrigins(), &c.AllowedOrigins},
	} {
		if l.from == nil {
			continue
		}
		texts := make([]string, len(l.from.Values))
		for i, v := range l.from.Values {
			text, ok := v.GetKind().(*structpb.Value_StringValue)
			if !ok {
				return c, fmt.Errorf("%w: settings.%s[%d] is no text", project.ErrInvalid, l.field, i)
			}
			texts[i] = text.StringValue
		}
		*l.to = &texts
	}
	return c, nil
}

func toTexts(list []string) *structpb.ListValue {
	return &structpb.ListValue{Values: each(list, structpb.NewStringValue)}
}
