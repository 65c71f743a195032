package email

import (
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	from = "Faultline <alerts@faultline.example>"
	base = "https://faultline.example/"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func full() notify.Alert {
	return notify.Alert{
		DeliveryID: "0123456789abcdef0123456789abcdef", Recipient: "oncall@example.com",
		RuleID: "crash", RuleName: "Crashes", Trigger: rule.OnEvent,
		IssueID: issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{1, 2, 3}}, ShortID: "WEB-42",
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew}, Project: notify.Project{Slug: "web", Name: "Web shop"},
		Event: event.Summary{
			EventID: event.ID{9}, ProjectID: 7, Timestamp: noon, ReceivedAt: noon, Title: "TypeError: Cannot read properties of undefined (reading 'total')",
			Culprit: "POST /checkout", Level: event.LevelFatal, Platform: "javascript", Release: "web@1.4.2", Environment: "production",
			Transaction: "POST /checkout", ServerName: "web-3.eu-central", User: "ada@example.com",
		},
		Value:     "Cannot read properties of undefined (reading 'total')",
		Where:     notify.Frame{Function: "applyDiscount", File: "src/checkout/price.ts", Line: 87, Source: "  return basket.total * (1 - voucher.rate);"},
		HasTotals: true, Totals: notify.Totals{Events: 128, Users: 41, FirstSeen: noon.Add(-26 * time.Hour)},
	}
}

// bare is what is left to tell when nothing can be looked up.
func bare() notify.Alert {
	return notify.Alert{
		DeliveryID: "0123456789abcdef0123456789abcdef", Recipient: "oncall@example.com", RuleID: "r1", RuleName: "New", Trigger: rule.OnNewIssue,
		IssueID: issue.ID{ProjectID: 7}, Project: notify.Project{Slug: "web"}, Event: event.Summary{Handled: true},
	}
}

// hostile is an event that wants to be more than text.
func hostile() notify.Alert {
	a := full()
	a.ShortID = "WEB-1\r\nBcc: everybody@example.com"
	a.Event.Title = "Error: <script>alert(1)</script>\r\nBcc: victim@example.com\r\n\r\n<b>hi</b> \u202Egnp.exe\u2066"
	a.Event.Culprit = `<img src=x onerror=alert(1)> {{.Subject}}`
	a.Event.Environment = `"><a href="javascript:alert(1)">click</a>`
	a.Event.Release = strings.Repeat("long-", 200)
	a.Value = "first line\n<style>*{display:none}</style>\x00\x1b[31m\xff"
	a.Project.Slug = "../../evil?x=\"><script>"
	a.RuleID = "javascript:alert(1)"
	a.RuleName = "<i>rule</i>\nX: y"
	a.Where.Source = "</div></td></table><h1>owned</h1>"
	return a
}

func TestMailsLookAsTheyShould(t *testing.T) {
	for name, alert := range map[string]notify.Alert{"full": full(), "bare": bare(), "hostile": hostile()} {
		m, err := Write(alert, from, base)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".html", m.HTML)
		golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; see whether that is right and run go test -update:\n%s", name, diff)
	}
}

func TestNothingInAnEventBecomesMarkupOrAHeader(t *testing.T) {
	m, err := Write(hostile(), from, base)
	if err != nil {
		t.Fatal(err)
	}
	for _, markup := range []string{"<script", "<img", "<b>", "<h1>owned", "<i>", "<style>*", `href="javascript:`, "\x1b", "\u202e"} {
		if strings.Contains(m.HTML, markup) {
			t.Errorf("the HTML holds %q", markup)
		}
	}
	if strings.ContainsAny(m.Subject, "\r\n\x00") || len([]rune(m.Subject)) > maxSubject {
		t.Errorf("subject %q", m.Subject)
	}
	msg, err := smtpMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	var wire strings.Builder
	if _, err := msg.WriteTo(&wire); err != nil {
		t.Fatal(err)
	}
	parsed, err := mail.ReadMessage(strings.NewReader(wire.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bcc", "X"} {
		if got := parsed.Header.Get(header); got != "" {
			t.Errorf("a header %s: %s came in", header, got)
		}
	}
}

func TestMailsOfOneIssueAreOneThread(t *testing.T) {
	first, err := Write(full(), from, base)
	if err != nil {
		t.Fatal(err)
	}
	second := full()
	second.DeliveryID = "ffffffffffffffffffffffffffffffff"
	other, err := Write(second, from, base)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(full(), from, base)
	if err != nil {
		t.Fatal(err)
	}
	if first.messageID() != again.messageID() || first.messageID() == other.messageID() || first.threadID() != other.threadID() {
		t.Fatal(first.messageID(), other.messageID(), first.threadID(), other.threadID())
	}
	if want := "<0123456789abcdef0123456789abcdef@faultline.example>"; first.messageID() != want {
		t.Fatalf("got %s, want %s", first.messageID(), want)
	}
}

func TestConfigNamesTheSetting(t *testing.T) {
	f := func(change func(*Config), want string) {
		t.Helper()
		cfg := DefaultConfig()
		cfg.From, cfg.SMTPHost = from, "mail.example.com"
		change(&cfg)
		_, err := New(cfg, base)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func(c *Config) { c.SMTPHost = "" }, "email-resend-key or email-smtp-host")
	f(func(c *Config) { c.ResendKey = "re_1" }, "both email-resend-key and email-smtp-host")
	f(func(c *Config) { c.From = "" }, "email-from is not set")
	f(func(c *Config) { c.From = "nobody" }, "email-from")
	f(func(c *Config) { c.Timeout = 0 }, "email-timeout")
	f(func(c *Config) { c.SMTPPort = 70000 }, "email-smtp-port")
	f(func(c *Config) { c.SMTPSecurity = "ssl" }, "email-smtp-security")
	f(func(c *Config) { c.SMTPUser = "u" }, "email-smtp-password is not")
	f(func(c *Config) { c.SMTPPassword = "p" }, "email-smtp-user is not")
	f(func(c *Config) { c.SMTPCertificates = "/nowhere" }, "email-smtp-certificates")
	f(func(c *Config) { c.SMTPHost, c.ResendKey, c.ResendURL = "", "re_1", "ftp://x" }, "email-resend-url")
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if DefaultConfig().Enabled() {
		t.Error("mail is sent by default")
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("Error: x", "culprit", "value\n", "WEB-1", "src/x.js")
	f.Fuzz(func(t *testing.T, title, culprit, value, shortID, file string) {
		a := full()
		a.Event.Title, a.Event.Culprit, a.Value, a.ShortID, a.Where.File = title, culprit, value, shortID, file
		m, err := Write(a, from, base)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(m.Subject, "\r\n") {
			t.Fatalf("subject %q", m.Subject)
		}
		// The template has parts that are left out, and no more than these.
		if n := strings.Count(m.HTML, "<"); n > strings.Count(mustWrite(t, hostile()).HTML, "<") {
			t.Fatalf("markup came in:\n%s", m.HTML)
		}
	})
}

func mustWrite(t *testing.T, a notify.Alert) Message {
	t.Helper()
	m, err := Write(a, from, base)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
