package email

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
)

var (
	//go:embed alert.html
	htmlSource string
	//go:embed alert.txt
	textSource string

	htmlTemplate = template.Must(template.New("alert.html").Parse(htmlSource))
	textTemplate = texttemplate.Must(texttemplate.New("alert.txt").Parse(textSource))
)

// Limits of what a mail shows, in characters.
const (
	maxSubject = 160
	maxTitle   = 200
	maxValue   = 1000
	maxLine    = 200
)

// page is what the templates see.
type page struct {
	Subject  string
	ShortID  string
	Level    string
	Headline string // "New issue in Web"
	Title    string
	Value    string
	Culprit  string
	Where    notify.Frame
	Place    string // "src/pay.js:42"
	Facts    []fact
	IssueURL string
	RuleURL  string
	RuleName string
	Tells    string
}

// fact is one line of the table.
type fact struct{ Name, Value string }

// Write makes the mail about an alert. It is pure; every text in it may come from an attacker.
func Write(a notify.Alert, from, baseURL string) (Message, error) {
	p := newPage(a, strings.TrimRight(baseURL, "/"))
	var html, text strings.Builder
	if err := htmlTemplate.Execute(&html, p); err != nil {
		return Message{}, err
	}
	if err := textTemplate.Execute(&text, p); err != nil {
		return Message{}, err
	}
	return Message{
		ID: a.DeliveryID, Thread: a.IssueID.String(), From: from, To: a.Recipient,
		Subject: p.Subject, HTML: html.String(), Text: text.String(),
	}, nil
}

func newPage(a notify.Alert, base string) page {
	e := a.Event
	p := page{
		ShortID: oneLine(a.ShortID, maxLine), Level: e.Level.String(), Headline: headline(a),
		Title: oneLine(e.Title, maxTitle), Culprit: oneLine(e.Culprit, maxLine), Value: value(a),
		Where:    notify.Frame{Function: oneLine(a.Where.Function, maxLine), File: oneLine(a.Where.File, maxLine), Line: a.Where.Line, Source: oneLine(a.Where.Source, maxLine)},
		Facts:    facts(a),
		IssueURL: base + "/issues/" + a.IssueID.String(),
		RuleURL:  base + "/p/" + url.PathEscape(a.Project.Slug) + "/alerts/" + url.PathEscape(a.RuleID),
		RuleName: oneLine(a.RuleName, maxLine), Tells: tells(a.Trigger),
	}
	if p.Level == "" {
		p.Level = "error"
	}
	if p.Title == "" {
		p.Title = "Event without a title"
	}
	if p.Where.File != "" {
		p.Place = p.Where.File
		if p.Where.Line > 0 {
			p.Place += ":" + strconv.FormatUint(uint64(p.Where.Line), 10)
		}
	}
	name := a.ShortID
	if name == "" {
		name = a.Project.Slug
	}
	p.Subject = oneLine("["+name+"] "+p.Title, maxSubject)
	return p
}

// headline says what happened and where, in a few words.
func headline(a notify.Alert) string {
	what := "Error"
	switch {
	case a.Trigger == rule.OnNewIssue:
		what = "New issue"
	case a.Trigger == rule.OnRegression, a.State.Substatus == issue.SubRegressed:
		what = "Regression"
	case !a.Event.Handled:
		what = "Unhandled error"
	case a.Event.Level.String() == "fatal":
		what = "Fatal error"
	}
	name := a.Project.Name
	if name == "" {
		name = a.Project.Slug
	}
	if name == "" {
		return what
	}
	return what + " in " + oneLine(name, maxLine)
}

// tells says what the rule tells of.
func tells(t rule.Trigger) string {
	switch t {
	case rule.OnNewIssue:
		return "issues that are seen for the first time"
	case rule.OnRegression:
		return "issues that come back after they were resolved"
	}
	return "events that match it"
}

// value is the text of the exception where the title cannot hold all of it.
func value(a notify.Alert) string {
	v := strings.TrimSpace(a.Value)
	if v == "" || strings.Contains(oneLine(a.Event.Title, maxTitle), oneLine(v, maxValue)) {
		return ""
	}
	return trimmed(v, maxValue)
}

func facts(a notify.Alert) []fact {
	var out []fact
	add := func(name, value string) {
		if value = oneLine(value, maxLine); value != "" {
			out = append(out, fact{name, value})
		}
	}
	e := a.Event
	add("Project", a.Project.Name)
	add("Environment", e.Environment)
	add("Release", e.Release)
	if e.Transaction != e.Culprit {
		add("Transaction", e.Transaction)
	}
	add("Server", e.ServerName)
	add("User", e.User)
	if a.HasTotals {
		add("Users affected", strconv.FormatUint(a.Totals.Users, 10))
		add("Events", strconv.FormatUint(a.Totals.Events, 10))
		add("First seen", moment(a.Totals.FirstSeen))
	}
	add("Happened", moment(e.Timestamp))
	return out
}

// moment writes a time for people in any zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04:05 UTC")
}

// oneLine makes one line of a text: runs of space and control characters become one space,
// and what is too long ends in an ellipsis. A header made of it cannot begin another one.
func oneLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return cut(strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || invisible(c) }), " "), limit)
}

// trimmed keeps the lines of a text and removes other control characters.
func trimmed(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return cut(strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && invisible(c) {
			return -1
		}
		return c
	}, s), limit)
}

// invisible tells control characters and those that turn the direction of text or hide in it.
func invisible(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }

func cut(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return strings.TrimRightFunc(string(runes[:limit-1]), unicode.IsSpace) + "…"
}

// domain is the part of an address after the @.
func domain(address string) string {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return ""
	}
	return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
}

// messageID is the identity of a mail on the net.
func (m Message) messageID() string { return fmt.Sprintf("<%s@%s>", m.ID, domain(m.From)) }

// threadID is the identity of the mail that begins a thread. It is never sent; mails that
// answer the same one are shown together.
func (m Message) threadID() string { return fmt.Sprintf("<issue-%s@%s>", m.Thread, domain(m.From)) }

// headers are those that both services send beside the usual ones.
func (m Message) headers() map[string]string {
	return map[string]string{
		"In-Reply-To":              m.threadID(),
		"References":               m.threadID(),
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"X-Faultline-Delivery":     m.ID,
	}
}
