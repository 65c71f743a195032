package sentry

import (
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/mileusna/useragent"

	"github.com/faultline-dev/faultline/internal/event"
)

// agentBytes bounds the header that is looked at; browsers send some hundred.
const agentBytes = 1 << 10

// agentsKept is how many different headers are remembered: reading one takes as long as
// reading an event.
const agentsKept = 4096

// agents remembers what headers say.
type agents struct{ known *otter.Cache[string, agent] }

func newAgents() agents {
	return agents{otter.Must(&otter.Options[string, agent]{MaximumSize: agentsKept})}
}

// agent is what a header says, as contexts; what it does not say is empty.
type agent struct{ browser, os, device event.Object }

// surroundings says what browser, system and device a request came from by its header
// User-Agent, where the event does not say so itself. The system of a server's client is
// not that of the event, and has a name of its own.
func (a agents) surroundings(e *event.Event) {
	text := header(&e.Request, "User-Agent")
	if text == "" || len(text) > agentBytes {
		return
	}
	system := "client_os"
	if e.Platform == "javascript" {
		system = "os"
	}
	found, known := a.known.GetIfPresent(text)
	if !known {
		found = parseAgent(text)
		a.known.Set(strings.Clone(text), found)
	}
	for _, c := range [...]event.Context{{Name: "browser", Data: found.browser}, {Name: system, Data: found.os}, {Name: "device", Data: found.device}} {
		if c.Data != "" && !hasContext(e, c.Name) {
			e.Contexts = append(e.Contexts, c)
		}
	}
}

// parseAgent reads a header. Crawlers and what is no browser say nothing.
func parseAgent(text string) agent {
	ua := useragent.Parse(text)
	if ua.Bot || ua.OS == "" && ua.Version == "" {
		return agent{}
	}
	return agent{
		browser: facts("name", ua.Name, "version", ua.Version), os: facts("name", ua.OS, "version", ua.OSVersion),
		device: facts("family", ua.Device, "model", ua.Device),
	}
}

// facts are two facts, of which the first must be known.
func facts(firstKey, first, secondKey, second string) (data event.Object) {
	if first == "" {
		return ""
	}
	data = withMember("", firstKey, quote(first))
	if second != "" {
		data = withMember(data, secondKey, quote(second))
	}
	return data
}

func hasContext(e *event.Event, name string) bool {
	for i := range e.Contexts {
		if e.Contexts[i].Name == name {
			return true
		}
	}
	return false
}

// header is the value of a request's header.
func header(r *event.Request, name string) string {
	for i := range r.Headers {
		if strings.EqualFold(r.Headers[i].Key, name) {
			return r.Headers[i].Value
		}
	}
	return ""
}
