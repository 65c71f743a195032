package sentry

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/health"
)

// diary writes down what programs say.
type diary struct {
	mu       sync.Mutex
	sessions []health.Session
	groups   []health.Sessions
	checkIns []health.CheckIn
}

func (d *diary) Session(v health.Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions = append(d.sessions, v)
}

func (d *diary) Sessions(v health.Sessions) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups = append(d.groups, v)
}

func (d *diary) CheckIn(c health.CheckIn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.checkIns = append(d.checkIns, c)
}

func TestSessionsAreTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	said := &diary{}
	p.handler.pulse = said
	now := time.Now().UTC().Truncate(time.Second)
	stamp := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339) }
	id, _ := event.ParseID(testID)
	f := func(header, kind, payload string, want ...health.Session) {
		t.Helper()
		said.sessions = nil
		if w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(header, `{"type":"`+kind+`"}`, payload)); w.StatusCode != http.StatusOK {
			t.Errorf("%d %s", w.StatusCode, w.text)
		}
		same(t, said.sessions, want)
	}
	const of = `"attrs":{"release":"shop@1.0","environment":"production"}`
	session := health.Session{ProjectID: 7, ID: id, Release: "shop@1.0", Environment: "production", Started: now.Add(-time.Hour)}
	want := func(change func(*health.Session)) health.Session {
		v := session
		change(&v)
		return v
	}
	f(`{}`, "session", `{"sid":"`+testID+`","init":true,"status":"ok","errors":0,"started":"`+stamp(time.Hour)+`",`+of+`}`, want(func(v *health.Session) { v.Init = true }))
	f(`{}`, "session", `{"sid":"`+testID+`","did":"ada","status":"exited","errors":2,"started":"`+stamp(time.Hour)+`",`+of+`}`,
		want(func(v *health.Session) { v.User, v.Errors, v.Status = userHash("ada"), true, health.Exited }))
	f(`{}`, "session", `{"sid":"`+testID+`","did":17,"status":"crashed","errors":1,"timestamp":"`+stamp(time.Hour)+`",`+of+`}`,
		want(func(v *health.Session) { v.User, v.Errors, v.Status = userHash("17"), true, health.Crashed }))
	f(`{}`, "session", `{"sid":"`+testID+`","status":"abnormal","started":"`+stamp(time.Hour)+`",`+of+`}`, want(func(v *health.Session) { v.Status = health.Abnormal }))
	f(`{}`, "session", `{"sid":"`+testID+`","status":"unhandled","started":"`+stamp(time.Hour)+`",`+of+`}`, want(func(v *health.Session) { v.Status = health.Errored }))
	f(`{}`, "session", `{"sid":"`+testID+`","started":"`+stamp(31*24*time.Hour)+`",`+of+`}`)
	f(`{}`, "session", `{"sid":"`+testID+`","started":"`+stamp(time.Hour)+`"}`)
	f(`{}`, "session", `{"sid":`)
	f(`{}`, "session", `[]`)

	said.sessions = nil
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{"sent_at":"`+stamp(24*time.Hour)+`"}`, `{"type":"session"}`, `{"started":"`+stamp(25*time.Hour)+`",`+of+`}`))
	if len(said.sessions) != 1 || now.Add(-time.Hour).Sub(said.sessions[0].Started).Abs() > time.Minute {
		t.Errorf("a wrong clock: %+v", said.sessions)
	}
}

func TestGroupsOfSessionsAreTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	said := &diary{}
	p.handler.pulse = said
	now := time.Now().UTC().Truncate(time.Minute)
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`, `{"type":"sessions"}`,
		`{"aggregates":[{"started":"`+now.Format(time.RFC3339)+`","exited":5,"errored":2,"crashed":1,"abnormal":-1,"unhandled":1},{"started":"`+now.Add(-time.Hour).Format(time.RFC3339)+`","did":"ada","exited":1},7,`+
			`{"started":"1970-01-01T00:00:00Z","exited":9},{"aggregates":[{"exited":3}]}],"attrs":{"release":"shop@1.0"}}`))
	want := []health.Sessions{
		{ProjectID: 7, Release: "shop@1.0", Started: now, Exited: 5, Errored: 3, Crashed: 1},
		{ProjectID: 7, User: userHash("ada"), Release: "shop@1.0", Started: now.Add(-time.Hour), Exited: 1},
	}
	if len(said.groups) != 3 {
		t.Fatalf("%+v", said.groups)
	}
	same(t, said.groups[:2], want)
}

func TestCheckInsAreTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	said := &diary{}
	p.handler.pulse = said
	id, _ := event.ParseID(testID)
	f := func(code int, method, path, body string, want ...health.CheckIn) {
		t.Helper()
		said.checkIns = nil
		if w := p.send(t, method, path, body); w.StatusCode != code {
			t.Errorf("%s: %d %s", path, w.StatusCode, w.text)
		}
		for i := range said.checkIns {
			if time.Since(said.checkIns[i].At) > time.Minute {
				t.Error("it has no time")
			}
			said.checkIns[i].At = time.Time{}
		}
		same(t, said.checkIns, want)
	}
	item := func(payload string) string { return envelopeOf(`{}`, `{"type":"check_in"}`, payload) }
	run := health.CheckIn{ProjectID: 7, Monitor: "nightly", Environment: "production", ID: id, Status: health.RunOK}
	want := func(change func(*health.CheckIn)) health.CheckIn {
		v := run
		change(&v)
		return v
	}
	const envelope, cron = "/api/7/envelope/" + withKey, "/api/7/cron/nightly/" + testKey + "/"
	f(200, "POST", envelope, item(`{"check_in_id":"`+testID+`","monitor_slug":"nightly","status":"in_progress","environment":"dev","monitor_config":{"schedule":{"type":"crontab","value":"0 3 * * *"},"timezone":"Europe/Berlin","checkin_margin":5,"max_runtime":"90"}}`),
		want(func(v *health.CheckIn) {
			v.Status, v.Environment, v.Schedule, v.Timezone, v.Margin, v.MaxRuntime = "in_progress", "dev", "0 3 * * *", "Europe/Berlin", 5*time.Minute, 90*time.Minute
		}))
	f(200, "POST", envelope, item(`{"check_in_id":"`+testID+`","monitor_slug":"nightly","status":"error","duration":1.5,"monitor_config":{"schedule":{"type":"interval","value":10,"unit":"minute"},"timezone":null,"checkin_margin":-1,"max_runtime":null}}`),
		want(func(v *health.CheckIn) {
			v.Status, v.Duration, v.Schedule = "error", 1500*time.Millisecond, "every 10 minute"
		}))
	f(200, "POST", envelope, item(`{"check_in_id":"`+testID+`","monitor_slug":"nightly","status":"ok","monitor_config":{"schedule":{"type":"crontab","value":"0 3 * * *"},"checkin_margin":2000000000,"max_runtime":1e300}}`),
		want(func(v *health.CheckIn) { v.Schedule = "0 3 * * *" }))
	f(200, "POST", envelope, item(`{"monitor_slug":"nightly","status":"missed"}`))
	f(200, "POST", envelope, item(`{"status":"ok"}`))
	f(200, "POST", envelope, item(`nonsense`))
	f(200, "GET", cron+"?check_in_id="+testID, "", run)
	f(200, "POST", cron+"?check_in_id="+testID+"&status=error&duration=2&environment=dev", "", want(func(v *health.CheckIn) { v.Status, v.Duration, v.Environment = "error", 2*time.Second, "dev" }))
	f(200, "POST", cron, `{"check_in_id":"`+testID+`","status":"in_progress","monitor_slug":"other"}`, want(func(v *health.CheckIn) { v.Status = "in_progress" }))
	f(400, "GET", cron+"?status=missed", "")
	f(400, "POST", cron, "{")
	f(401, "GET", "/api/7/cron/nightly/", "")
	f(403, "GET", "/api/7/cron/nightly/nonsense/", "")
	if len(p.batches) != 0 {
		t.Errorf("%d batches", len(p.batches))
	}
}

// FuzzPulse must not crash: sessions, their groups and check-ins.
func FuzzPulse(f *testing.F) {
	f.Add(`{"sid":"a","did":1,"init":true,"errors":1,"attrs":{"release":"r"},"aggregates":[{"exited":1,"aggregates":[]}]}`)
	f.Add(`{"monitor_slug":"m","status":"ok","duration":1e9,"monitor_config":{"schedule":{"value":1}}}`)
	h := &Handler{pulse: &diary{}}
	f.Fuzz(func(t *testing.T, text string) {
		in := &intake{h: h}
		in.batch.ReceivedAt = time.Now()
		in.sessions(text)
		in.checkIn(text)
		in.cron("m", nil, text)
	})
}
