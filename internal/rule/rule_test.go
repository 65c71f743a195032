package rule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	f := func(change func(*Rule), want string) {
		t.Helper()
		r := Defaults(7, []string{"oncall@example.com"}, time.Now())[0]
		change(&r)
		if err := r.Validate(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func(r *Rule) { r.Name = " " }, "name is empty")
	f(func(r *Rule) { r.Name = strings.Repeat("x", 201) }, "name has 201")
	f(func(r *Rule) { r.Name = "a\r\nb" }, "control")
	f(func(r *Rule) { r.Triggers = nil }, "triggers is empty")
	f(func(r *Rule) { r.Triggers = []Trigger{"never"} }, `"never" is none of new_issue, regression, event`)
	f(func(r *Rule) { r.Triggers = []Trigger{OnEvent, OnEvent} }, "stands twice")
	f(func(r *Rule) { r.Query = `level:"` }, "query")
	f(func(r *Rule) { r.Query = "is:unresolved" }, "query")
	f(func(r *Rule) { r.Emails = nil }, "emails is empty")
	f(func(r *Rule) { r.Emails = make([]string, 51) }, "51 addresses")
	f(func(r *Rule) { r.Emails = []string{"a@example.com", "A@example.com"} }, "stands twice")
	f(func(r *Rule) { r.Throttle = 0 }, "throttle")
	f(func(r *Rule) { r.Throttle = 365 * 24 * time.Hour }, "throttle")
	for _, address := range []string{
		"", "a", "a@", "@b", "Ann <ann@example.com>", "a@b, c@d", "a b@example.com", "\"a\r\nBcc: x\"@example.com", `"a b"@example.com`, "a@example.com\n",
	} {
		f(func(r *Rule) { r.Emails = []string{address} }, "emails")
	}
}

func TestDefaultsAreValidAndTheSameTwice(t *testing.T) {
	t.Parallel()
	now := time.Now()
	again := Defaults(7, []string{"a@example.com"}, now)
	for i, r := range Defaults(7, []string{"a@example.com"}, now) {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		if r.ID != again[i].ID || r.ID == Defaults(8, nil, now)[i].ID {
			t.Errorf("rule %d has the id %s", i, r.ID)
		}
	}
}

func TestADeliveryIsItsCauseAndReceiver(t *testing.T) {
	t.Parallel()
	a := issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{1}}
	b := issue.ID{ProjectID: 8, Fingerprint: event.Fingerprint{1}}
	ids := map[string]bool{}
	for _, id := range []string{
		DeliveryID(a, "e1", Email, "ann@example.com"), DeliveryID(b, "e1", Email, "ann@example.com"), DeliveryID(a, "e2", Email, "ann@example.com"),
		DeliveryID(a, "e1", "sms", "ann@example.com"), DeliveryID(a, "e1", Email, "bob@example.com"), DeliveryID(a, "e1"+Email, "", "ann@example.com"),
	} {
		if len(id) != 32 || ids[id] {
			t.Errorf("id %s", id)
		}
		ids[id] = true
	}
	if DeliveryID(a, "e1", Email, "ann@example.com") != DeliveryID(a, "e1", Email, "ann@example.com") {
		t.Error("an id is not the same twice")
	}
}

func TestOnlyPendingAndFailedGoOn(t *testing.T) {
	t.Parallel()
	for status, final := range map[Status]bool{Pending: false, Failed: false, Sent: true, GaveUp: true, Suppressed: true} {
		if got := (Delivery{Status: status}).Final(); got != final {
			t.Errorf("%s is final: %v", status, got)
		}
	}
}
