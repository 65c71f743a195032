package rule

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

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
