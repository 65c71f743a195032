package scrub

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

func TestKeysThatNameSecrets(t *testing.T) {
	for _, key := range []string{"password", "Password", "user_password", "userPassword", "userpassword", "API_KEY", "apiKey", "X-Api-Key", "Authorization", "auth", "access_token", "accesstoken", "csrf-token", "sessionid", "session_id", "db.passwd", "client_secret", "privateKey", "credit_card"} {
		if !sensitiveKey(key) {
			t.Errorf("%s is not seen as a secret", key)
		}
	}
	for _, key := range []string{"", "author", "authority", "tokens", "max_tokens", "secretary", "session", "key", "passenger", "card", "api"} {
		if sensitiveKey(key) {
			t.Errorf("%s is seen as a secret", key)
		}
	}
}

func TestTextsThatHoldSecrets(t *testing.T) {
	r := NewRules(project.DefaultSettings())
	f := func(in, want string) {
		t.Helper()
		got, changed := r.text(in)
		if got != want || changed != (in != want) {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	f("paid with 4111 1111 1111 1111 today", "paid with [Filtered] today")
	f("paid with 4111-1111-1111-1111", "paid with [Filtered]")
	f("paid with 4111111111111112", "paid with 4111111111111112") // fails the check
	f("order 1234567890123456", "order 1234567890123456")         // no card begins with 1
	f("postgres://app:hunter2@db:5432/x refused", "postgres://app:[Filtered]@db:5432/x refused")
	f("postgres://app@db:5432/x refused", "postgres://app@db:5432/x refused")
	f("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [Filtered]")
	f("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl x", "token [Filtered] x")
	f("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- after", "[Filtered] after")
	f("key AKIAIOSFODNN7EXAMPLE used", "key [Filtered] used")
	f("nothing to see, 12 of 34", "nothing to see, 12 of 34")
	f("paid with 4111 1111 1111 1111 2026", "paid with [Filtered] 2026")
	f("amex 3782 822463 10005.", "amex [Filtered].")
	f("GET /cb?access_token=abc123&x=1 failed", "GET /cb?access_token=[Filtered]&x=1 failed")
	f("connect host=db password=hunter2 sslmode=off", "connect host=db password=[Filtered] sslmode=off")
	f(`sent {"user":"ada","password":"hunter2"} to x`, `sent {"user":"ada","password":"[Filtered]"} to x`)
	f(`sent {'api_key': 'abc'}`, `sent {'api_key': '[Filtered]'}`)
	f(`{:password=>"hunter2", "token" => "x"}`, `{:password=>"[Filtered]", "token" => "[Filtered]"}`)
	f(`{ password: 'hunter2' }`, `{ password: '[Filtered]' }`)
	f(`{\"secret\":\"a\\\"b\",\"n\":1}`, `{\"secret\":\"[Filtered]\",\"n\":1}`)
	f("X-Api-Key: abcdef", "X-Api-Key: [Filtered]")
	f("redis://:hunter2@cache:6379", "redis://:[Filtered]@cache:6379")
	f("Unexpected token: 'x'", "Unexpected token: 'x'")
	f("SyntaxError: Unexpected token: punc", "SyntaxError: Unexpected token: punc")
	f("wrong password: try again", "wrong password: try again")
	f("token == expected, password=nil", "token == expected, password=nil")
	f("push failed for ghp_0123456789abcdefghijABCDEFGHIJ012345", "push failed for [Filtered]")
	f("key AIzaSyA0123456789abcdefghijklmnopqrstuv", "key [Filtered]")
}

func TestEveryFieldOfAnEventIsScrubbed(t *testing.T) {
	const secret = "hunter2hunter2"
	e := event.Event{
		Exceptions: []event.Exception{{Value: "dial postgres://a:" + secret + "@h/x", Stack: event.Stacktrace{Frames: []event.Frame{{Vars: `{"cfg":{"Password":"` + secret + `","port":5432}}`}}},
			Mechanism: event.Mechanism{Data: `{"token":["` + secret + `",{"a":1}],"ok":true}`}}},
		Message:     event.Message{Formatted: "Bearer " + secret},
		Breadcrumbs: []event.Breadcrumb{{Data: `{"api_key":"` + secret + `"}`, Message: "basic " + secret}},
		Request: event.Request{
			URL: "https://u:" + secret + "@h/", Query: "a=1&token=" + secret, Cookies: "sessionid=" + secret + "; theme=dark",
			Headers: []event.Tag{{Key: "Authorization", Value: secret}, {Key: "Cookie", Value: "csrftoken=" + secret}, {Key: "Accept", Value: "*/*"}},
			Body:    `{"user":"ada","password":"` + secret + `"}`, Env: []event.Tag{{Key: "DB_PASSWORD", Value: secret}},
		},
		Tags:     []event.Tag{{Key: "auth", Value: secret}, {Key: "browser", Value: "Firefox"}},
		User:     event.User{ID: "1", IP: "10.0.0.1", Data: []event.Tag{{Key: "secret", Value: secret}}},
		Contexts: []event.Context{{Name: "app", Data: `{"client_secret":"` + secret + `"}`}},
		Extra:    `{"a":[{"passwd":"` + secret + `"}],"n":null}`,
	}
	settings := project.DefaultSettings()
	settings.ScrubIPs = true
	Event(&e, NewRules(settings))
	out, _ := json.Marshal(e)
	if strings.Contains(string(out), secret) {
		t.Errorf("the secret is still there: %s", out)
	}
	if e.Request.Cookies != "sessionid=[Filtered]; theme=dark" || e.Request.Query != "a=1&token=[Filtered]" || e.User.IP != "" {
		t.Errorf("%+v", e.Request)
	}
	if got := e.Exceptions[0].Stack.Frames[0].Vars; got != `{"cfg":{"Password":"[Filtered]","port":5432}}` {
		t.Errorf("vars %s", got)
	}
	for _, path := range []string{"request.headers.Authorization", "extra.passwd", "contexts.app.client_secret", "user.ip_address"} {
		if !slices.Contains(e.Scrubbed, path) {
			t.Errorf("%s is not in %v", path, e.Scrubbed)
		}
	}
}

func TestProjectKeysAddAndSafeKeysSpare(t *testing.T) {
	r := NewRules(project.Settings{ScrubDefaults: true, ScrubKeys: []string{"Iban"}, SafeKeys: []string{"token"}})
	e := event.Event{Tags: []event.Tag{{Key: "iban", Value: "DE02"}, {Key: "token", Value: "kept"}}}
	Event(&e, r)
	if e.Tags[0].Value != Filtered || e.Tags[1].Value != "kept" {
		t.Errorf("%v", e.Tags)
	}
	e = event.Event{Tags: []event.Tag{{Key: "password", Value: "kept"}}}
	Event(&e, NewRules(project.Settings{}))
	if e.Tags[0].Value != "kept" {
		t.Error("scrubbing is off and still happens")
	}
}

func FuzzObject(f *testing.F) {
	f.Add(`{"password":"x","a":[1,{"token":"y"}],"c":"4111 1111 1111 1111"}`)
	f.Add(`{"password":{"a":"}"},"b":"\"token\":1"}`)
	f.Add(`{"password":`)
	r := NewRules(project.DefaultSettings())
	f.Fuzz(func(t *testing.T, s string) {
		out := r.object(event.Object(s), func(string) {})
		if json.Valid([]byte(s)) && strings.HasPrefix(s, "{") && !json.Valid([]byte(out)) {
			t.Fatalf("%s became %s", s, out)
		}
		again := r.object(out, func(string) {})
		if json.Valid([]byte(s)) && again != out {
			t.Fatalf("%s became %s, then %s", s, out, again)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("4111 1111 1111 1111 postgres://a:b@c Bearer abcdefgh")
	f.Add(`token="a password=b 'c`)
	f.Add(`{\"password\":\"x\\\"y\",'api_key'=>"z"}`)
	r := NewRules(project.DefaultSettings())
	f.Fuzz(func(t *testing.T, s string) {
		once, _ := r.text(s)
		if twice, changed := r.text(once); changed {
			t.Fatalf("%q became %q, then %q", s, once, twice)
		}
	})
}
