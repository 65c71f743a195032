package sentry

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What can be wrong with a request's credentials beyond what Keys says.
var (
	errNoKey    = errors.New("no sentry_key was given: send X-Sentry-Auth, ?sentry_key= or a dsn in the envelope's header")
	errKeys     = errors.New("the request carries two different keys")
	errDSN      = errors.New("the dsn in the envelope's header cannot be read")
	errProjects = errors.New("the dsn in the envelope's header is one of another project")
)

// credentials are what a request says about its sender.
type credentials struct {
	key    string
	client string    // name/version of the SDK
	sentAt time.Time // the sender's clock; zero: not told
}

// requestCredentials reads every place in which a key may stand but the body.
// Places that disagree are an error.
func requestCredentials(h http.Header, rawQuery string) (credentials, error) {
	var c credentials
	add := func(o credentials) error {
		if o.key == "" {
			return nil
		}
		if c.key != "" && c.key != o.key {
			return errKeys
		}
		if c.key == "" {
			c = o
		}
		return nil
	}
	if err := add(headerCredentials(h.Get("X-Sentry-Auth"))); err != nil {
		return c, err
	}
	if a := h.Get("Authorization"); len(a) > 7 && strings.EqualFold(a[:7], "Sentry ") {
		if err := add(headerCredentials(a)); err != nil {
			return c, err
		}
	}
	if strings.Contains(rawQuery, "sentry_") {
		if q, err := url.ParseQuery(rawQuery); err == nil || len(q) > 0 {
			if err := add(credentials{key: q.Get("sentry_key"), client: q.Get("sentry_client"), sentAt: clientTime(q.Get("sentry_timestamp"))}); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// headerCredentials reads "Sentry sentry_key=..., sentry_client=..." in the many
// ways in which it is written.
func headerCredentials(s string) (c credentials) {
	if len(s) > 7 && strings.EqualFold(s[:6], "Sentry") && (s[6] == ' ' || s[6] == '\t') {
		s = s[7:]
	}
	for s != "" {
		var part string
		if i := strings.IndexAny(s, ",; \t"); i >= 0 {
			part, s = s[:i], s[i+1:]
		} else {
			part, s = s, ""
		}
		name, value, _ := strings.Cut(part, "=")
		value = strings.Trim(value, `"'`)
		switch strings.ToLower(name) {
		case "sentry_key":
			c.key = value
		case "sentry_client":
			c.client = value
		case "sentry_timestamp":
			c.sentAt = clientTime(value)
		}
	}
	return c
}

// clientTime reads a time from a header; what is none is not told.
func clientTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, _ := parseTime(s)
	return t
}

// parseDSN reads the public key and the project of a DSN.
func parseDSN(s string) (key string, projectID uint32, err error) {
	u, err := url.Parse(s)
	if err != nil || u.User == nil || u.User.Username() == "" {
		return "", 0, errDSN
	}
	path := strings.TrimRight(u.Path, "/")
	id, err := strconv.ParseUint(path[strings.LastIndexByte(path, '/')+1:], 10, 32)
	if err != nil || id == 0 {
		return "", 0, errDSN
	}
	return u.User.Username(), uint32(id), nil
}

// withDSN adds what the header of an envelope says. projectID is that of the path.
func (c *credentials) withDSN(dsn string, projectID uint32) error {
	if dsn == "" {
		return nil
	}
	key, id, err := parseDSN(dsn)
	switch {
	case err != nil && c.key != "":
		return nil // what let it in stands elsewhere
	case err != nil:
		return err
	case projectID != 0 && id != projectID:
		return errProjects
	case c.key != "" && c.key != key:
		return errKeys
	}
	c.key = key
	return nil
}
