package sentry

import (
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// endpoint is what a path asks for.
type endpoint uint8

const (
	endpointNone endpoint = iota
	endpointEnvelope
	endpointStore
	endpointSecurity
	endpointMinidump
	endpointFeedback
	endpointCron
	endpointAttachments
)

// endpointNames are the words of metrics.
var endpointNames = [...]string{"", "envelope", "store", "security", "minidump", "user_feedback", "cron", "attachments"}

func (e endpoint) String() string { return endpointNames[e] }

// bringsEvents tells endpoints for events from those for what comes beside them.
func (e endpoint) bringsEvents() bool { return e != endpointCron && e != endpointAttachments }

// route is a path that was understood.
type route struct {
	endpoint  endpoint
	projectID uint32 // 0: that of the key
	key       string // where the path carries it
	eventID   event.ID
	monitor   string
}

// parseRoute understands the paths of Sentry's protocol below a prefix, with and
// without it, and with and without a slash at the end.
func parseRoute(path, prefix string) route {
	if rest, found := strings.CutPrefix(path, prefix); found {
		path = rest
	}
	rest, found := strings.CutPrefix(path, "/api/")
	if !found {
		return route{}
	}
	rest = strings.TrimSuffix(rest, "/")
	first, second, found := strings.Cut(rest, "/")
	if !found {
		switch first {
		case "store":
			return route{endpoint: endpointStore}
		case "csp-report":
			return route{endpoint: endpointSecurity}
		}
		return route{}
	}
	if first == "" || first[0] < '1' || first[0] > '9' {
		return route{} // not a project id; 0 and v1 are other APIs
	}
	id, err := strconv.ParseUint(first, 10, 32)
	if err != nil {
		return route{}
	}
	r := route{projectID: uint32(id)}
	switch second {
	case "envelope":
		r.endpoint = endpointEnvelope
	case "store":
		r.endpoint = endpointStore
	case "security", "csp-report":
		r.endpoint = endpointSecurity
	case "minidump":
		r.endpoint = endpointMinidump
	case "user-feedback":
		r.endpoint = endpointFeedback
	default:
		if rest, found := strings.CutPrefix(second, "events/"); found {
			name, what, _ := strings.Cut(rest, "/")
			if id, err := event.ParseID(name); err == nil && what == "attachments" {
				r.endpoint, r.eventID = endpointAttachments, id
			}
		} else if cron, found := strings.CutPrefix(second, "cron/"); found {
			r.endpoint = endpointCron
			r.monitor, r.key, _ = strings.Cut(cron, "/")
		}
	}
	return r
}
