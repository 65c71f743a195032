package filter

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
)

func TestEventsAreRefusedWithAReason(t *testing.T) {
	s := &project.Settings{FilterReleases: []string{"0.*"}, FilterEnvironments: []string{"dev"}, FilterMessages: []string{"*ResizeObserver*"}}
	f := func(e event.Event, want outcome.Reason) {
		t.Helper()
		if got, refused := Event(&e, s); got != want || refused != (want != outcome.None) {
			t.Errorf("got %q", got)
		}
	}
	f(event.Event{Release: "0.9"}, ByRelease)
	f(event.Event{Environment: "dev"}, ByEnvironment)
	f(event.Event{Message: event.Message{Formatted: "ResizeObserver loop"}}, ByMessage)
	f(event.Event{Exceptions: []event.Exception{{Value: "x ResizeObserver y"}}}, ByMessage)
	f(event.Event{Release: "1.0", Environment: "production"}, outcome.None)
	f(event.Event{}, outcome.None)
}

func TestBrowsersRequestsAndPlacesAreRefusedWithAReason(t *testing.T) {
	all := &project.Settings{FilterTypes: []string{"Abort*"}, FilterLegacyBrowsers: true, FilterExtensions: true, FilterCrawlers: true, FilterLocalhost: true, FilterHealthChecks: true,
		AllowedOrigins: []string{"*.example.com", "https://shop.test", "http://dev.test:3000"}}
	f := func(e event.Event, want outcome.Reason) {
		t.Helper()
		if got, refused := Event(&e, all); got != want || refused != (want != outcome.None) {
			t.Errorf("%+v: got %q, want %q", e, got, want)
		}
		if got, refused := Event(&e, &project.Settings{}); refused {
			t.Errorf("%+v: refused by no filter for %q", e, got)
		}
	}
	page := func(url string) event.Event {
		return event.Event{Platform: "javascript", Request: event.Request{URL: url}}
	}
	f(page("https://evil.test/"), ByOrigin)
	f(page("https://example.com.evil.test/"), ByOrigin)
	f(page("https://evilexample.com/"), ByOrigin)
	f(page("http://shop.test/"), ByOrigin)
	f(page("http://dev.test/"), ByOrigin)
	f(page("https://user:example.com@evil.test"), ByOrigin)
	f(page("http://dev.test:3000/x"), outcome.None)
	f(page("https://shop.test:443/a?b"), outcome.None)
	f(page("https://EXAMPLE.com"), outcome.None)
	f(page("https://a.b.example.com:8443/"), outcome.None)
	f(page(""), outcome.None)
	f(event.Event{Platform: "go", Request: event.Request{URL: "https://evil.test/"}}, outcome.None)

	server := func(url, transaction string, headers ...event.Tag) event.Event {
		return event.Event{Platform: "python", Transaction: transaction, Request: event.Request{URL: url, Headers: headers}}
	}
	f(server("http://localhost:8000/a", ""), ByLocalhost)
	f(server("http://127.0.0.1/a", ""), ByLocalhost)
	f(server("http://[::1]:80/a", ""), ByLocalhost)
	f(server("http://app.localhost", ""), ByLocalhost)
	f(server("", "", event.Tag{Key: "host", Value: "localhost:1"}), ByLocalhost)
	f(event.Event{User: event.User{IP: "127.0.0.1"}}, ByLocalhost)
	f(event.Event{User: event.User{IP: "127.0.0.1"}, Request: event.Request{URL: "https://x.test/"}}, outcome.None)
	f(server("http://notlocalhost/a", ""), outcome.None)

	f(server("https://x.test/api/healthz?full=1", ""), ByHealthCheck)
	f(server("", "GET /health/"), ByHealthCheck)
	f(server("", "/ready"), ByHealthCheck)
	f(server("", "/concerts/live"), outcome.None)
	f(server("https://x.test/pay", "/healthz"), outcome.None)
	f(server("", "app.views.ping"), outcome.None)

	thrown := func(path, value string) event.Event {
		return event.Event{Platform: "javascript", Exceptions: []event.Exception{{Type: "Error", Value: value, Stack: event.Stacktrace{Frames: []event.Frame{{Filename: "app.js"}, {AbsPath: path}, {Filename: "<anonymous>"}}}}}}
	}
	f(thrown("chrome-extension://abc/x.js", ""), ByExtension)
	f(thrown("safari-web-extension://abc/x.js", ""), ByExtension)
	f(thrown("https://example.com/x.js", "Extension context invalidated."), ByExtension)
	f(thrown("https://example.com/x.js", "boom"), outcome.None)
	f(event.Event{Exceptions: []event.Exception{{Type: "AbortError"}}}, ByType)

	agent := func(s string) event.Event {
		return server("https://x.test/a", "", event.Tag{Key: "user-agent", Value: s})
	}
	f(agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), ByCrawler)
	f(agent("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)"), ByCrawler)
	f(agent("facebookexternalhit/1.1"), ByCrawler)
	f(agent("Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"), outcome.None)
	f(agent("Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko"), ByLegacyBrowser)
	f(agent("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.1 Safari/537.36"), ByLegacyBrowser)
	f(agent("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/11.1 Safari/605.1.15"), ByLegacyBrowser)
	f(agent("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"), outcome.None)
	f(agent("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36"), outcome.None)
	f(agent("curl/8.5.0"), outcome.None)
}

func FuzzEvent(f *testing.F) {
	f.Add("https://u@[::1]:8/p?q", "Mozilla/5.0 Chrome/63 bot", "GET /healthz", "*.a:1")
	f.Fuzz(func(_ *testing.T, url, agent, transaction, allowed string) {
		e := event.Event{Platform: "javascript", Transaction: transaction, Request: event.Request{URL: url, Headers: []event.Tag{{Key: "User-Agent", Value: agent}, {Key: "Host", Value: url}}}}
		Event(&e, &project.Settings{FilterLegacyBrowsers: true, FilterCrawlers: true, FilterLocalhost: true, FilterHealthChecks: true, AllowedOrigins: []string{"x.test", allowed}})
		crawler(agent)
		legacyBrowser(agent)
	})
}

// BenchmarkEvent is what the filters of a new project cost an event with a browser's agent.
func BenchmarkEvent(b *testing.B) {
	e := event.Event{Platform: "javascript", Request: event.Request{URL: "https://x.test/", Headers: []event.Tag{{Key: "Accept", Value: "*/*"},
		{Key: "User-Agent", Value: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"}}}}
	s := project.DefaultSettings()
	b.ReportAllocs()
	for b.Loop() {
		Event(&e, &s)
	}
}
