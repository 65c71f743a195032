package normalize

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestBrowsersAreToldByTheirUserAgent(t *testing.T) {
	f := func(agent, browser, version, system, release string) {
		t.Helper()
		name, v := browserOf(agent)
		os, r := systemOf(agent)
		if name != browser || v != version || os != system || r != release {
			t.Errorf("%s: %s %s on %s %s", agent, name, v, os, r)
		}
	}
	f("", "", "", "", "")
	f("curl/8.5.0", "", "", "", "")
	f("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", "Chrome", "120.0.0.0", "Windows", "")
	f("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61", "Edge", "120.0.2210.61", "Windows", "")
	f("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15", "Safari", "17.1", "macOS", "")
	f("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1", "Chrome", "120.0.6099.50", "iOS", "17.1.2")
	f("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/121.0", "Firefox", "121.0", "Linux", "")
	f("Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", "Samsung Internet", "23.0", "Android", "14")
	f("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer", "11.0", "Windows", "6.1")
}

func TestWhatTheSDKSaysOfTheBrowserStays(t *testing.T) {
	e := event.Event{
		Platform: "javascript", Contexts: []event.Context{{Name: "browser", Data: `{"name":"Brave"}`}},
		Request: event.Request{Headers: []event.Tag{{Key: "user-agent", Value: "Mozilla/5.0 (X11; Linux x86_64) Chrome/1\"2"}}},
	}
	Event(&e, options())
	if len(e.Contexts) != 2 || e.Contexts[0].Data != `{"name":"Brave"}` || e.Contexts[1].Name != "os" || e.Contexts[1].Data != `{"name":"Linux"}` {
		t.Errorf("%+v", e.Contexts)
	}
}
