package clickhouse

import (
	"fmt"

	"github.com/faultline-dev/faultline/internal/search"
)

// place is where a field of the query language is kept: an expression for its value, or
// for the list of its values.
type place struct {
	expr string
	many bool
}

// eventColumns is the list of all names that a query may use of the events table.
var eventColumns = map[search.Field]place{
	search.ID:             {expr: "event_id"},
	search.Timestamp:      {expr: "timestamp"},
	search.Level:          {expr: "level"},
	search.Handled:        {expr: "handled"},
	search.Title:          {expr: "title"},
	search.Culprit:        {expr: "culprit"},
	search.Message:        {expr: "if(message != '', message, message_template)"},
	search.Platform:       {expr: "platform"},
	search.Logger:         {expr: "logger"},
	search.Transaction:    {expr: "transaction"},
	search.ServerName:     {expr: "server_name"},
	search.Release:        {expr: "release"},
	search.Dist:           {expr: "dist"},
	search.Environment:    {expr: "environment"},
	search.ErrorType:      {expr: "exceptions.type", many: true},
	search.ErrorValue:     {expr: "exceptions.value", many: true},
	search.ErrorMechanism: {expr: "exceptions.mechanism", many: true},
	search.StackFunction:  {expr: "frames.function", many: true},
	search.StackModule:    {expr: "frames.module", many: true},
	search.StackFilename:  {expr: "frames.filename", many: true},
	search.StackAbsPath:   {expr: "frames.abs_path", many: true},
	search.User:           {expr: "[user_id, user_email, user_username, user_name, user_ip]", many: true},
	search.UserID:         {expr: "user_id"},
	search.UserEmail:      {expr: "user_email"},
	search.UserUsername:   {expr: "user_username"},
	search.UserIP:         {expr: "user_ip"},
	search.URL:            {expr: "http_url"},
	search.HTTPMethod:     {expr: "http_method"},
	search.SDKName:        {expr: "sdk_name"},
	search.SDKVersion:     {expr: "sdk_version"},
	search.Trace:          {expr: "trace_id"},
}

// issueColumns is the list of all names that a query may use of an issue, in statements
// that join totals AS t and states AS s.
var issueColumns = map[search.Field]string{
	search.Is:        "status",
	search.Assigned:  "s.assignee",
	search.TimesSeen: "t.times_seen",
	search.UsersSeen: "t.users_seen",
	search.FirstSeen: "t.first_seen",
	search.LastSeen:  "t.last_seen",
	search.Issue:     "t.issue",
}

// The expressions of a state; no row is unresolved and new.
const (
	statusExpr    = "if(s.status = '', 'unresolved', s.status)"
	substatusExpr = "if(s.status = '', 'new', s.substatus)"
)

// eventColumn finds where the values of a key are kept.
func eventColumn(st *statement, k search.Key) (place, error) {
	if k.IsTag() {
		return place{expr: "tags[" + st.text(k.Tag) + "]"}, nil
	}
	c, ok := eventColumns[k.Field]
	if !ok {
		return place{}, fmt.Errorf("field %s is not kept with events", k.Field)
	}
	return c, nil
}

// isIssueKey reports whether a key speaks of the issue.
func isIssueKey(k search.Key) bool { return !k.IsTag() && k.Field.Info().Issue }
