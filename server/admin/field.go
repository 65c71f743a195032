package admin

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/project"
)

// Limits of fields. Each has an error that names it.
const (
	maxName  = 100 // characters
	maxSlug  = 50
	maxEmail = 254 // bytes, RFC 5321
	maxTTL   = 10 * 365 * 24 * time.Hour
)

// name checks a name for people and returns it without space around it.
func name(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", errors.New("name is empty")
	case !utf8.ValidString(s):
		return "", errors.New("name is not UTF-8")
	case utf8.RuneCountInString(s) > maxName:
		return "", fmt.Errorf("name has more than %d characters", maxName)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", errors.New("name holds a control character")
	}
	return s, nil
}

// slug checks a name for URLs.
func slug(s string) error {
	ok := s != "" && len(s) <= maxSlug && s[0] != '-' && s[len(s)-1] != '-'
	for i := range len(s) {
		ok = ok && ('a' <= s[i] && s[i] <= 'z' || '0' <= s[i] && s[i] <= '9' || s[i] == '-')
	}
	if !ok {
		return fmt.Errorf("slug is %q: use a-z, 0-9 and - between them, at most %d", s, maxSlug)
	}
	return nil
}

// slugOf makes a slug of a name, "project" if nothing of it can be used.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == maxSlug-4 { // room for a number
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "project"
}

// email checks an address as SMTP takes it, without a display name.
func email(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > maxEmail || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("%.100q is no e-mail address", s)
	}
	return nil
}

// expiry is when something made now ends; ttl 0 is never.
func expiry(now time.Time, ttl time.Duration) (time.Time, error) {
	switch {
	case ttl < 0:
		return time.Time{}, errors.New("ttl is negative")
	case ttl > maxTTL:
		return time.Time{}, errors.New("ttl is more than 10 years; leave it out for good")
	case ttl == 0:
		return time.Time{}, nil
	}
	return now.Add(ttl), nil
}

// base is the public URL of the server, taken apart.
type base struct {
	scheme, host, path string
}

func parseBase(text string) (base, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return base{}, invalid("the base URL is %q: it must be like https://faultline.example.com", text)
	}
	return base{u.Scheme, u.Host, strings.TrimRight(u.EscapedPath(), "/")}, nil
}

// dsn is all that an SDK needs to know.
func (b base) dsn(publicKey string, projectID uint32) string {
	return b.scheme + "://" + publicKey + "@" + b.host + b.path + "/" + strconv.FormatUint(uint64(projectID), 10)
}

// DSN returns the DSN of a DSN key, and nothing for other keys.
func (s *Service) DSN(k project.Key) string {
	if k.Kind != project.KeyDSN {
		return ""
	}
	return s.base.dsn(k.ID, k.ProjectID)
}
