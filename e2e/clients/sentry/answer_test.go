//go:build e2e

package sentry

import (
	"net/url"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// issue is what REST says of an issue.
type issue struct {
	ID, Title, Culprit, Level, Count, UserCount string
}

// issues are those that a query finds.
func issues(s *instance.Server, query string) []issue {
	var answer struct{ Issues []issue }
	s.Decode("/api/v1/projects/7/issues?query="+url.QueryEscape(query), &answer)
	return answer.Issues
}

// stored is what REST says of an event.
type stored struct {
	EventID, IssueID, Title, Culprit string
	Event                            struct {
		Level, Platform, Release, Environment, ServerName string
		Message                                           *struct{ Formatted string }
		Exceptions                                        []exception
		Threads                                           []struct{ Stacktrace stacktrace }
		Breadcrumbs                                       []struct {
			Category, Message, Level string
			Data                     map[string]any
		}
		User     struct{ ID, Email, Username string }
		Tags     map[string]string
		Contexts map[string]map[string]any
		SDK      struct{ Name, Version string }
		Modules  map[string]string
		Trace    *struct{ TraceID string }
	}
}

type exception struct {
	Type, Value string
	Stacktrace  stacktrace
	Mechanism   struct {
		ExceptionID int
		ParentID    *int
		IsGroup     bool
	}
}

type stacktrace struct {
	Frames []struct {
		Function, Filename, ContextLine string
		InApp                           bool
		Lineno                          int
		Vars                            map[string]any
	}
}

// last is the function of the frame in which it happened.
func (s stacktrace) last() string {
	if len(s.Frames) == 0 {
		return ""
	}
	return s.Frames[len(s.Frames)-1].Function
}
