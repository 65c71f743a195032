//go:build e2e

package sentry

import (
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// logback writes a log; what is logged with an exception is an error, what is logged
// with words is grouped by the words that do not change.
func logback(t *testing.T, s *instance.Server) {
	p := lab.NewProject(t, s)
	p.Run(nil, nil, java("shop.Log")(t)...)
	issues := p.Issues("")
	if len(issues) != 2 {
		t.Fatalf("issues %+v", issues)
	}
	low := p.Events("stock")
	if len(low) != 2 || low[0].IssueID != low[1].IssueID {
		t.Fatalf("two records of one call are %+v", low)
	}
	if e := low[0].Event; e.Message == nil || e.Message.Template != "stock of {} is low" || low[0].Title != "stock of books is low" && low[0].Title != "stock of lamps is low" || e.Logger != "shop.warehouse" {
		t.Errorf("%q of %q: %+v", low[0].Title, e.Logger, e.Message)
	}
	pick := p.Only("shelf")
	e := pick.Event
	if pick.Title != "IllegalArgumentException: no lamp on the shelf" || pick.Culprit != "shop.Log in pick" || e.Message == nil || e.Message.Formatted != "cannot pick" {
		t.Errorf("%q at %q: %+v", pick.Title, pick.Culprit, e.Message)
	}
	if e.Level != "LEVEL_ERROR" || e.Release != "shop@1.2.3" || e.Environment != "staging" || e.Tags["aisle"] != "12" || e.SDK.Name != "sentry.java.logback" {
		t.Errorf("level %s, release %s, environment %s, tags %v, SDK %v", e.Level, e.Release, e.Environment, e.Tags, e.SDK)
	}
	crumb, _ := e.Crumb("shop.warehouse")
	if crumb.Message != "opening the door" || crumb.Level != "LEVEL_INFO" {
		t.Errorf("breadcrumbs %+v", e.Breadcrumbs)
	}
	if functions := e.Exceptions[0].Stacktrace.Functions(); len(functions) != 2 || functions[0] != "main" || functions[1] != "pick" {
		t.Errorf("calls %v", functions)
	}
}
