package sentry

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)

func TestTheHeaderTellsWhatTheEventDoesNot(t *testing.T) {
	t.Parallel()
	known := newAgents()
	f := func(platform, agent, has string, want ...event.Context) {
		t.Helper()
		e := &event.Event{Platform: platform, Request: event.Request{Headers: []event.Tag{{Key: "user-agent", Value: agent}}}}
		if has != "" {
			e.Contexts = []event.Context{{Name: has, Data: `{}`}}
			want = append(e.Contexts, want...)
		}
		known.surroundings(e)
		same(t, e.Contexts, want)
	}
	f("javascript", "", "")
	f("javascript", "curl", "")
	f("javascript", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "")
	f("javascript", firefox, "", event.Context{Name: "browser", Data: `{"name":"Firefox","version":"145.0"}`}, event.Context{Name: "os", Data: `{"name":"Linux","version":"x86_64"}`})
	f("python", firefox, "os", event.Context{Name: "browser", Data: `{"name":"Firefox","version":"145.0"}`}, event.Context{Name: "client_os", Data: `{"name":"Linux","version":"x86_64"}`})
	f("javascript", iphone, "browser", event.Context{Name: "os", Data: `{"name":"iOS","version":"18.1"}`}, event.Context{Name: "device", Data: `{"family":"iPhone","model":"iPhone"}`})
}

func BenchmarkSurroundings(b *testing.B) {
	headers := []event.Tag{{Key: "Host", Value: "shop.example"}, {Key: "User-Agent", Value: iphone}}
	known := newAgents()
	b.ReportAllocs()
	for b.Loop() {
		known.surroundings(&event.Event{Platform: "javascript", Request: event.Request{Headers: headers}})
	}
}
