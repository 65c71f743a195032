// Package issue holds the words of the workflow: what identifies an issue, the
// states it can be in, and what is written down when it changes. The state
// machine is a pure function; loops, stores and clocks are elsewhere.
package issue

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// ID identifies an issue: the project and the fingerprint of its events, or, for
// merged issues, the fingerprint they were merged into. Its text can be turned
// back without a look-up, so that an issue can be opened before anybody has
// written it down.
type ID struct {
	ProjectID   uint32
	Fingerprint event.Fingerprint
}

// ErrID is returned for text that names no issue.
var ErrID = errors.New("an issue id is 32 characters of 0-9 and a-v")

var idEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// String is 32 characters of 0-9 and a-v: the project's four bytes and the
// fingerprint's sixteen in base 32.
func (id ID) String() string {
	var b [20]byte
	binary.BigEndian.PutUint32(b[:], id.ProjectID)
	copy(b[4:], id.Fingerprint[:])
	return idEncoding.EncodeToString(b[:])
}

// ParseID reads what String prints.
func ParseID(s string) (ID, error) {
	if len(s) != 32 {
		return ID{}, ErrID
	}
	b, err := idEncoding.DecodeString(s)
	if err != nil || len(b) != 20 {
		return ID{}, ErrID
	}
	return ID{binary.BigEndian.Uint32(b), event.Fingerprint(b[4:])}, nil
}

// ShortID is the name that people use: the project's slug in upper case and the
// number of the issue in it, "WEB-42".
func ShortID(slug string, number uint64) string {
	return strings.ToUpper(slug) + "-" + strconv.FormatUint(number, 10)
}

// ParseShortID takes a short id apart; the slug is returned in lower case.
func ParseShortID(s string) (slug string, number uint64, err error) {
	i := strings.LastIndexByte(s, '-')
	if i <= 0 {
		return "", 0, fmt.Errorf("%q is no short id such as WEB-42", s)
	}
	number, err = strconv.ParseUint(s[i+1:], 10, 64)
	if err != nil || number == 0 {
		return "", 0, fmt.Errorf("%q is no short id such as WEB-42", s)
	}
	return strings.ToLower(s[:i]), number, nil
}
