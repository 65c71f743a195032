package sentry

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/health"
)

// What can be wrong with sessions and check-ins.
var (
	errSession = errors.New("the session names no release, or began more than 30 days ago")
	errCheckIn = errors.New("the check-in names no monitor, or a status that is none of ok, error and in_progress")
)

// monitorBytes, scheduleBytes and zoneBytes bound texts of a check-in.
const monitorBytes, scheduleBytes, zoneBytes = 128, 128, 64

// checkIn is what a job says of a run, as it is read.
type checkIn struct {
	id, monitor, status, environment string
	duration                         float64 // seconds
	schedule                         schedule
}

// schedule is when a job should run, and what is still in time.
type schedule struct {
	kind, value, unit, zone string
	margin, runtime         float64 // minutes
}

// String is the schedule as a person would write it.
func (s schedule) String() string {
	switch {
	case s.value == "":
		return ""
	case s.kind == "interval":
		return strings.TrimSpace("every " + s.value + " " + s.unit)
	}
	return s.value
}

// checkIn takes an item.
func (in *intake) checkIn(text string) error {
	var c checkIn
	if err := c.read(text); err != nil {
		return err
	}
	return in.checkedIn(&c)
}

// cron takes a check-in that comes without an SDK: in the query, or as JSON.
func (in *intake) cron(monitor string, query url.Values, body string) error {
	c := checkIn{status: health.RunOK}
	if body = strings.TrimSpace(body); strings.HasPrefix(body, "{") {
		if err := c.read(body); err != nil {
			return err
		}
	}
	c.monitor = monitor
	for name, dst := range map[string]*string{"status": &c.status, "check_in_id": &c.id, "environment": &c.environment} {
		if v := query.Get(name); v != "" {
			*dst = v
		}
	}
	if seconds, err := strconv.ParseFloat(query.Get("duration"), 64); err == nil {
		c.duration = seconds
	}
	return in.checkedIn(&c)
}

// checkedIn hands a check-in over.
func (in *intake) checkedIn(c *checkIn) error {
	monitor := clip(c.monitor, monitorBytes)
	switch c.status {
	case health.RunOK, health.RunError, health.RunInProgress:
	default:
		return errCheckIn
	}
	if monitor == "" {
		return errCheckIn
	}
	if in.h.pulse == nil {
		return nil
	}
	id, err := event.ParseID(c.id)
	if err != nil || id.IsZero() {
		id = event.NewID()
	}
	environment := clip(c.environment, environmentBytes)
	if environment == "" {
		environment = "production"
	}
	v := health.CheckIn{
		ProjectID: in.batch.ProjectID, Monitor: monitor, Environment: environment, ID: id, Status: strings.Clone(c.status), At: in.batch.ReceivedAt,
		Schedule: clip(c.schedule.String(), scheduleBytes), Timezone: clip(c.schedule.zone, zoneBytes),
		Margin: minutes(c.schedule.margin), MaxRuntime: minutes(c.schedule.runtime),
	}
	if c.duration > 0 && c.duration < math.MaxInt32 {
		v.Duration = time.Duration(c.duration * float64(time.Second))
	}
	in.h.pulse.CheckIn(v)
	return nil
}

// minutes is a length of time; 0 for one that cannot be, or is longer than a century.
func minutes(n float64) time.Duration {
	if n > 0 && n < 100*366*24*60 {
		return time.Duration(n * float64(time.Minute))
	}
	return 0
}

// read reads the JSON of a check-in.
func (c *checkIn) read(text string) error {
	var d decoder
	d.reset(text)
	if d.kind() != '{' {
		return errJSON
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "check_in_id":
			d.text(&c.id, "check_in_id")
		case "monitor_slug":
			d.text(&c.monitor, "monitor_slug")
		case "status":
			d.text(&c.status, "status")
		case "environment":
			d.text(&c.environment, "environment")
		case "duration":
			var seconds string
			d.text(&seconds, "duration")
			c.duration, _ = float(seconds)
		case "monitor_config":
			d.monitorConfig(&c.schedule)
		default:
			d.skip()
		}
	}
	if !d.end() {
		return errJSON
	}
	return nil
}

// monitorConfig reads what a client says of its job: when it runs, and what is in time.
func (d *decoder) monitorConfig(s *schedule) {
	if d.kind() != '{' {
		d.skip()
		return
	}
	number := func(dst *float64, name string) {
		var text string
		d.text(&text, name)
		*dst, _ = float(text)
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "schedule":
			d.schedule(s)
		case "timezone":
			d.text(&s.zone, "timezone")
		case "checkin_margin":
			number(&s.margin, "checkin_margin")
		case "max_runtime":
			number(&s.runtime, "max_runtime")
		default:
			d.skip()
		}
	}
}

// schedule reads when a job runs.
func (d *decoder) schedule(s *schedule) {
	if d.kind() != '{' {
		d.skip()
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "type":
			d.text(&s.kind, "type")
		case "value":
			d.text(&s.value, "value")
		case "unit":
			d.text(&s.unit, "unit")
		default:
			d.skip()
		}
	}
}
