package rule

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/search"
)

// The limits of a rule. Each has an error that names it.
const (
	MaxName     = 200                 // characters of a name
	MaxEmails   = 50                  // receivers of one rule
	MinThrottle = time.Minute         // a person is not told of one issue more often
	MaxThrottle = 30 * 24 * time.Hour // longer is the same as never
)

// Triggers lists every trigger.
func Triggers() []Trigger { return []Trigger{OnNewIssue, OnRegression, OnEvent} }

// Wants reports whether the rule waits for a trigger.
func (r Rule) Wants(t Trigger) bool { return slices.Contains(r.Triggers, t) }

// Validate reports the first thing wrong with what a person can set of a rule.
// Its error wraps ErrInvalid and is safe to show.
func (r Rule) Validate() error {
	switch n := utf8.RuneCountInString(r.Name); {
	case strings.TrimSpace(r.Name) == "":
		return invalid("name is empty; say what the rule is for")
	case n > MaxName:
		return invalid("name has %d characters; at most %d are allowed", n, MaxName)
	case strings.ContainsFunc(r.Name, unicode.IsControl):
		return invalid("name holds a control character")
	case len(r.Triggers) == 0:
		return invalid("triggers is empty; give at least one of %s", names(Triggers()))
	case len(r.Emails) == 0:
		return invalid("emails is empty; give at least one address")
	case len(r.Emails) > MaxEmails:
		return invalid("emails has %d addresses; at most %d are allowed", len(r.Emails), MaxEmails)
	case r.Throttle < MinThrottle || r.Throttle > MaxThrottle:
		return invalid("throttle is %v; it must be from %v to %v", r.Throttle, MinThrottle, MaxThrottle)
	}
	for i, t := range r.Triggers {
		if !slices.Contains(Triggers(), t) {
			return invalid("triggers: %q is none of %s", t, names(Triggers()))
		}
		if slices.Contains(r.Triggers[:i], t) {
			return invalid("triggers: %s stands twice", t)
		}
	}
	for i, address := range r.Emails {
		if err := ValidEmail(address); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Emails[:i], func(a string) bool { return strings.EqualFold(a, address) }) {
			return invalid("emails: %s stands twice", address)
		}
	}
	if _, err := search.ParseEvents(r.Query); err != nil {
		return fmt.Errorf("%w: query: %w", ErrInvalid, err)
	}
	return nil
}

// ValidEmail reports why a text is not one bare address such as
// oncall@example.com, without name, brackets or comments.
func ValidEmail(address string) error {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address || strings.ContainsFunc(address, odd) {
		return invalid("emails: %q is not an address such as oncall@example.com", address)
	}
	return nil
}

// odd tells the characters that have no place in the address of a receiver,
// even where the grammar of mail lets them be quoted.
func odd(c rune) bool {
	return unicode.IsControl(c) || unicode.IsSpace(c) || strings.ContainsRune(`"<>(),;:\`, c)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func names(triggers []Trigger) string {
	all := make([]string, len(triggers))
	for i, t := range triggers {
		all[i] = string(t)
	}
	return strings.Join(all, ", ")
}
