package faultline

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Dsn says where to send and under which key:
// http[s]://PUBLIC_KEY@HOST[:PORT][/PREFIX]/PROJECT_ID.
type Dsn struct {
	scheme    string
	key       string
	host      string
	prefix    string
	projectID uint32
}

// ErrDsn is wrapped by every error about a DSN.
var ErrDsn = errors.New("invalid DSN")

// NewDsn reads a DSN. The key may be missing if ClientOptions.APIKey is given.
func NewDsn(text string) (*Dsn, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		// The error of url.Parse would repeat the key.
		return nil, fmt.Errorf("%w: not a URL", ErrDsn)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: the scheme must be http or https", ErrDsn)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%w: no host", ErrDsn)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("%w: the port must be between 1 and 65535", ErrDsn)
		}
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: a query or fragment does not belong in it", ErrDsn)
	}
	path := strings.TrimRight(u.Path, "/")
	cut := strings.LastIndexByte(path, '/')
	if cut < 0 {
		return nil, fmt.Errorf("%w: no project id behind the host", ErrDsn)
	}
	id, err := strconv.ParseUint(path[cut+1:], 10, 32)
	if err != nil || id == 0 {
		return nil, fmt.Errorf("%w: the project id must be a positive number", ErrDsn)
	}
	d := &Dsn{scheme: u.Scheme, host: u.Host, prefix: strings.TrimRight(path[:cut], "/"), projectID: uint32(id)}
	if u.User != nil {
		d.key = u.User.Username()
	}
	return d, nil
}

// String returns the DSN as it is written.
func (d *Dsn) String() string {
	u := url.URL{Scheme: d.scheme, Host: d.host, Path: d.prefix + "/" + strconv.FormatUint(uint64(d.projectID), 10)}
	if d.key != "" {
		u.User = url.User(d.key)
	}
	return u.String()
}

// BaseURL returns the server's address with its path prefix.
func (d *Dsn) BaseURL() string {
	u := url.URL{Scheme: d.scheme, Host: d.host, Path: d.prefix}
	return u.String()
}

// PublicKey returns the key.
func (d *Dsn) PublicKey() string { return d.key }

// ProjectID returns the project's number.
func (d *Dsn) ProjectID() uint32 { return d.projectID }
