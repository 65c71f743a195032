package sentry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// items reads an envelope and lists its items as "type=payload".
func items(t testing.TB, text string) (list []string, broken int) {
	t.Helper()
	e, err := openEnvelope(text)
	if err != nil {
		t.Fatal(err)
	}
	for e.next() {
		list = append(list, e.item.kind+"="+e.item.payload)
	}
	return list, e.broken
}

func TestEnvelopesAreCutIntoItems(t *testing.T) {
	t.Parallel()
	f := func(name, text, want string, wantBroken int) {
		t.Helper()
		list, broken := items(t, text)
		if got := strings.Join(list, " "); got != want || broken != wantBroken {
			t.Errorf("%s: %q, %d broken", name, got, broken)
		}
	}
	f("header only", `{}`, "", 0)
	f("header and line", "{}\n\n\n", "", 0)
	f("no length", "{}\n{\"type\":\"event\"}\n{\"a\":1}", `event={"a":1}`, 0)
	f("two without length", "{}\n{\"type\":\"event\"}\n{\"a\":1}\n{\"type\":\"session\"}\n{}\n", `event={"a":1} session={}`, 0)
	f("length with lines inside", "{}\n{\"type\":\"attachment\",\"length\":5}\na\nb\nc\n{\"type\":\"event\",\"length\":2}\n{}", "attachment=a\nb\nc event={}", 0)
	f("length zero", "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"event\"}\n{}", "attachment= event={}", 0)
	f("empty payload at the end", "{}\n{\"type\":\"attachment\"}", "attachment=", 0)
	f("blank lines between", "{}\n{\"type\":\"event\"}\n{}\n\n\n{\"type\":\"event\"}\n{}\n\n", "event={} event={}", 0)
	f("carriage returns", "{}\r\n{\"type\":\"event\"}\r\n{}\r\n{\"type\":\"event\",\"length\":2}\r\n{}\r\n", "event={}\r event={}", 0)
	f("length as text", "{}\n{\"type\":\"event\",\"length\":\"2\"}\n{}", "event={}", 0)
	f("length counts characters", "{}\n{\"type\":\"event\",\"length\":9}\n{\"a\":\"éé\"}\n{\"type\":\"event\"}\n{}", `event={"a":"éé"} event={}`, 0)
	f("length beyond the end", "{}\n{\"type\":\"event\",\"length\":99}\n{}", "event={}", 0)
	f("negative length", "{}\n{\"type\":\"event\",\"length\":-5}\n{}", "event={}", 0)
	f("broken header between", "{}\n{\"type\":\"event\"}\n{}\nnot json\n{\"x\":1}\n{\"type\":\"event\"}\n{\"b\":2}", `event={} event={"b":2}`, 1)
	f("header without a type", "{}\n{\"length\":2}\n{}\n{\"type\":\"session\"}\n{}", "session={}", 1)
	f("unknown type", "{}\n{\"type\":\"of the future\",\"length\":3}\nabc\n{\"type\":\"event\"}\n{}", "of the future=abc event={}", 0)
	for _, bad := range []string{"", "\n", "[]", "x", `{"event_id":`, `"x"`} {
		if _, err := openEnvelope(bad); err == nil {
			t.Errorf("%q is an envelope", bad)
		}
	}
}

func TestTheHeaderOfAnEnvelopeTellsOfItsEvent(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	sent := time.Now().Add(-2 * time.Hour).UTC() // the client's clock is two hours behind
	w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(
		fmt.Sprintf(`{"event_id":"fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0","sent_at":%q,"sdk":{"name":"sentry.x","version":"9"},"trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c"}}`, sent.Format(time.RFC3339Nano)),
		`{"type":"attachment","length":3,"filename":"a.log","content_type":"text/plain"}`, "abc",
		`{"type":"event"}`, fmt.Sprintf(`{"event_id":"00000000000000000000000000000001","message":"x","timestamp":%q,"breadcrumbs":[{"timestamp":%q}]}`, sent.Add(-time.Second).Format(time.RFC3339Nano), sent.Add(-2*time.Second).Format(time.RFC3339Nano)),
		`{"type":"attachment","length":2,"filename":"b.json","attachment_type":"event.view_hierarchy"}`, "{}",
	))
	e := p.event(t)
	if w.text != `{"id":"`+testID+`"}` || e.ID.String() != testID {
		t.Errorf("id %s, answer %s", e.ID, w.text)
	}
	if off := time.Since(e.Timestamp) - time.Second; off < -time.Second || off > 30*time.Second {
		t.Errorf("timestamp %v", e.Timestamp)
	}
	if d := e.Timestamp.Sub(e.Breadcrumbs[0].Timestamp); d != time.Second {
		t.Errorf("the breadcrumb is %v older", d)
	}
	same(t, e.SDK, event.SDK{Name: "sentry.x", Version: "9"})
	same(t, e.Attachments, []event.Attachment{
		{Filename: "a.log", ContentType: "text/plain", Type: "event.attachment", Size: 3}, {Filename: "b.json", Type: "event.view_hierarchy", Size: 2},
	})
	if e.Trace.TraceID[0] != 0x0a {
		t.Error("no trace")
	}
}

func TestItemsThatAreNotStoredAreAnsweredWithSuccess(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	for _, kind := range []string{"session", "sessions", "check_in", "transaction", "log", "span", "profile", "profile_chunk", "replay_event", "replay_recording", "statsd", "trace_metric", "of the future"} {
		if w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`, `{"type":"`+kind+`","length":7}`, `{"a":1}`)); w.StatusCode != 200 || w.text != "{}" {
			t.Errorf("%s: %d %s", kind, w.StatusCode, w.text)
		}
	}
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`, `{"type":"event"}`, `{"type":"transaction","spans":[]}`))
	p.send(t, "POST", "/api/7/cron/nightly/"+testKey+"/?status=ok", "")
	p.send(t, "GET", "/api/7/cron/nightly/"+testKey, "")
	if len(p.batches) != 0 {
		t.Errorf("%d batches", len(p.batches))
	}
}

func TestABrokenItemLeavesTheOthers(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`,
		`{"type":"event"}`, `{"message":"broken`, `{"type":"event"}`, smallEvent, `{"type":"user_report"}`, `[]`, `{"type":"client_report"}`, `nonsense`))
	b := p.last(t)
	if w.StatusCode != 200 || len(b.Events) != 1 || len(b.Refused) != 1 || b.Refused[0].Count != 2 || b.Refused[0].Reason != outcome.Malformed {
		t.Errorf("%d %+v", w.StatusCode, b)
	}
	w = p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`, `{"type":"event"}`, `{"message":"broken`))
	if b := p.last(t); w.StatusCode != 400 || len(b.Refused) != 1 {
		t.Errorf("%d %+v", w.StatusCode, b)
	}
	w = p.send(t, "POST", "/api/7/envelope/"+withKey, "nonsense\n{}")
	if b := p.last(t); w.StatusCode != 400 || len(b.Refused) != 1 {
		t.Errorf("%d %+v", w.StatusCode, b)
	}
}

func TestWhatClientsDropBecomesOutcomes(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{}`, `{"type":"client_report"}`, `{"timestamp":1,"discarded_events":[`+
		`{"reason":"queue_overflow","category":"error","quantity":3},{"reason":"queue_overflow","category":"default","quantity":2},`+
		`{"reason":"sample_rate","category":"transaction","quantity":9},{"reason":"before_send","category":"error","quantity":-1},`+
		`{"reason":"x","category":"error","quantity":1e300},7,null],"filtered_events":[{"reason":"f","category":"security","quantity":1}]}`))
	if w.StatusCode != 200 {
		t.Error(w.StatusCode)
	}
	same(t, p.last(t).Drops, []receive.Drop{{Reason: "queue_overflow", Count: 5}, {Reason: "f", Count: 1}})
}

func TestTheSinkIsToldWhenAnEventWasMade(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(text string, attempt uint32, want time.Time) {
		t.Helper()
		p.send(t, "POST", "/api/7/store/"+withKey, text)
		if b := p.last(t); b.Attempt != attempt || !b.MadeAt.Equal(want) {
			t.Errorf("attempt %d, made at %v", b.Attempt, b.MadeAt)
		}
	}
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	f(fmt.Sprintf(`{"event_id":"%s","message":"x","timestamp":%d}`, testID, at.Unix()), 0, at)
	f(fmt.Sprintf(`{"event_id":"%s","message":"x"}`, testID), 0, time.Time{})
	f(fmt.Sprintf(`{"message":"without an id nothing can be sent again","timestamp":%d}`, at.Unix()), 1, at)
	// The time of sending corrects the event's, not this.
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(fmt.Sprintf(`{"event_id":"%s","sent_at":%q}`, testID, at.Format(time.RFC3339)), `{"type":"event"}`, fmt.Sprintf(`{"message":"x","timestamp":%d}`, at.Unix())))
	if b := p.last(t); !b.MadeAt.Equal(at) || time.Since(b.Events[0].Timestamp) > time.Minute {
		t.Errorf("made at %v, event at %v", b.MadeAt, b.Events[0].Timestamp)
	}
}

func TestTheUsersAddressIsTheConnectionsWhereTheSDKWishes(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(text, want string) {
		t.Helper()
		p.send(t, "POST", "/api/7/store/"+withKey, text)
		if got := p.event(t).User.IP; got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	f(`{"message":"x","platform":"javascript"}`, "{{auto}}")
	f(`{"message":"x","platform":"python"}`, "")
	f(`{"message":"x","platform":"python","user":{"ip_address":"{{auto}}"}}`, "{{auto}}")
	f(`{"message":"x","platform":"javascript","user":{"ip_address":"1.2.3.4"}}`, "1.2.3.4")
	f(`{"message":"x","platform":"javascript","sdk":{"settings":{"infer_ip":"never"}}}`, "")
	f(`{"message":"x","platform":"javascript","user":{"ip_address":"{{auto}}"},"sdk":{"settings":{"infer_ip":"never"}}}`, "")
	f(`{"message":"x","platform":"node","sdk":{"settings":{"infer_ip":"auto"}}}`, "{{auto}}")
}

func TestWhatUsersSayBecomesAnEvent(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	check := func(name string) {
		t.Helper()
		e := p.event(t)
		if e.Message.Formatted != "It broke" || e.Level != event.LevelInfo || e.User.Email != "a@b.c" || e.User.Name != "Ada" || e.Logger != "feedback" {
			t.Errorf("%s: %+v", name, e)
		}
		if id, _ := e.Tag("associated_event_id"); id != testID || e.ID.String() == testID {
			t.Errorf("%s: id %s, tag %s", name, e.ID, id)
		}
	}
	report := `{"event_id":"` + testID + `","name":"Ada","email":"a@b.c","comments":"It broke"}`
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{"event_id":"`+testID+`"}`, `{"type":"user_report"}`, report))
	check("user report")
	first := p.event(t).ID
	p.send(t, "POST", "/api/7/user-feedback/"+withKey, report)
	check("endpoint")
	if p.event(t).ID != first {
		t.Error("one report twice has two ids")
	}
	p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{"event_id":"00000000000000000000000000000001"}`, `{"type":"feedback"}`,
		`{"event_id":"00000000000000000000000000000001","type":"feedback","contexts":{"feedback":{"message":"It broke","contact_email":"a@b.c","name":"Ada","associated_event_id":"`+testID+`","url":"https://x.y"}}}`))
	check("feedback")
	if e := p.event(t); e.ID[15] != 1 || e.Request.URL != "https://x.y" {
		t.Errorf("%s %s", e.ID, e.Request.URL)
	}
	if w := p.send(t, "POST", "/api/7/user-feedback/"+withKey, "nonsense"); w.StatusCode != 400 {
		t.Error(w.StatusCode)
	}
}

// FuzzEnvelope must not crash; every payload is a part of the envelope, and what is
// behind an item is still there.
func FuzzEnvelope(f *testing.F) {
	f.Add("{}\n{\"type\":\"event\"}\n{\"a\":1}\n{\"type\":\"attachment\",\"length\":5}\na\nb\nc\nbroken\n{\"type\":\"session\"}\n{}")
	f.Add("{\"event_id\":\"x\",\"dsn\":\"https://a@b/7\",\"sent_at\":\"2020-01-01T00:00:00Z\",\"trace\":7}\r\n{\"type\":\"event\",\"length\":99999999999}\r\n")
	p := newPlace(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := openEnvelope(text)
		if err != nil {
			return
		}
		for n := 0; e.next(); n++ {
			if n > len(text) {
				t.Fatal("more items than bytes")
			}
			if !strings.Contains(text, e.item.payload) || e.item.kind == "" {
				t.Fatalf("%+v", e.item)
			}
		}
		in := &intake{h: p.handler, batch: receive.Batch{ProjectID: 7, ReceivedAt: time.Now()}}
		if a, err := in.envelope(t.Context(), credentials{key: testKey}, 7, text); err == nil && a.code >= 500 {
			t.Fatalf("%+v", a)
		}
	})
}
