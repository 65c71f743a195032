package scrub

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

func TestAddressesAreRemovedWhereverTheyStand(t *testing.T) {
	const address = "203.0.113.9"
	e := event.Event{
		User: event.User{IP: address},
		Request: event.Request{
			Headers: []event.Tag{{Key: "X-Forwarded-For", Value: address + ", 10.0.0.1"}, {Key: "CF-Connecting-IP", Value: address}},
			Env:     []event.Tag{{Key: "REMOTE_ADDR", Value: address}, {Key: "HTTP_X_REAL_IP", Value: address}},
		},
		Extra: `{"client.address":"` + address + `","zip":"1"}`,
	}
	Event(&e, NewRules(project.Settings{ScrubIPs: true}))
	if text := fmt.Sprintf("%+v", e); strings.Contains(text, address) || !strings.Contains(text, `"zip":"1"`) {
		t.Error(text)
	}
}

func TestPatternsOfKeys(t *testing.T) {
	r := NewRules(project.Settings{ScrubDefaults: true, ScrubKeys: []string{"*_pin", "iban"}, SafeKeys: []string{"csrf*"}})
	got := r.object(`{"card_PIN":1234,"iban":["DE"],"csrf_token":"password=a","password":null,"token":""}`, func(string) {})
	if got != `{"card_PIN":"[Filtered]","iban":"[Filtered]","csrf_token":"password=a","password":null,"token":""}` {
		t.Error(got)
	}
}

func TestObjectsHoldSecretsInManyForms(t *testing.T) {
	r := NewRules(project.DefaultSettings())
	f := func(in, want string) {
		t.Helper()
		if got := r.object(event.Object(in), func(string) {}); string(got) != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
	f(`{"headers":[["Authorization","abc"],["Accept","x"]]}`, `{"headers":[["Authorization","[Filtered]"],["Accept","x"]]}`)
	f(`{"headers":{"cookie":"mysid=abc; a=b"}}`, `{"headers":{"cookie":"mysid=[Filtered]; a=b"}}`)
	f(`{"pass\u0077ord":"abc"}`, `{"pass\u0077ord":"[Filtered]"}`)
	f(`{"n":4111111111111111,"m":4111111111111112}`, `{"n":"[Filtered]","m":4111111111111112}`)
	f(`{"sent":"{\"password\":\"abc\"}"}`, `{"sent":"{\"password\":\"[Filtered]\"}"}`)
	f(`{"dsn":"postgres:\/\/a:abc@h\/x"}`, `{"dsn":"postgres://a:[Filtered]@h/x"}`)
}

func TestFormsAreScrubbed(t *testing.T) {
	e := event.Event{Request: event.Request{Query: "user%5Bauth%5D=abc&a=1",
		Body: "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nabc\r\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--"}}
	Event(&e, NewRules(project.DefaultSettings()))
	if strings.Contains(e.Request.Body+e.Request.Query, "abc") || !strings.Contains(e.Request.Body, "\r\n\r\n1\r\n") {
		t.Errorf("%q %q", e.Request.Query, e.Request.Body)
	}
}
