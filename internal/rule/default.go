package rule

import (
	"strconv"
	"time"
)

// DefaultThrottle is how often a person is told of one issue at most, if nobody
// chose otherwise.
const DefaultThrottle = 30 * time.Minute

// Defaults are the rules of a new project: crashes anywhere, and what is new or
// came back in production. Their ids follow from the project, so that writing
// them twice changes nothing.
func Defaults(projectID uint32, emails []string, now time.Time) []Rule {
	prefix := "default-" + strconv.FormatUint(uint64(projectID), 10) + "-"
	return []Rule{
		{
			ID: prefix + "crash", ProjectID: projectID, Name: "Crashes", Enabled: true,
			Triggers: []Trigger{OnEvent}, Query: "level:fatal OR handled:false",
			Emails: emails, Throttle: DefaultThrottle, CreatedAt: now,
		},
		{
			ID: prefix + "new", ProjectID: projectID, Name: "New and regressed in production", Enabled: true,
			Triggers: []Trigger{OnNewIssue, OnRegression}, Query: "environment:production",
			Emails: emails, Throttle: DefaultThrottle, CreatedAt: now,
		},
	}
}
