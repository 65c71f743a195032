package event

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
)

// ID is the identity of an event within its project: a UUID.
type ID [16]byte

// ErrID is returned for text that is not 32 hexadecimal digits, with or
// without dashes.
var ErrID = errors.New("an id is 32 hexadecimal digits, with or without dashes")

// NewID makes a random (version 4) UUID.
func NewID() ID {
	var id ID
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads 32 hexadecimal digits in any case, with or without the dashes
// of a UUID.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) == 36 {
		s = strings.ReplaceAll(s, "-", "")
	}
	if len(s) != 32 {
		return ID{}, ErrID
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, ErrID
	}
	return id, nil
}

// String is 32 lower-case hexadecimal digits without dashes.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id is missing.
func (id ID) IsZero() bool { return id == ID{} }

// Fingerprint decides which events are the same. Events of one project with
// equal fingerprints are one issue.
type Fingerprint [16]byte

// ParseFingerprint reads what String prints.
func ParseFingerprint(s string) (Fingerprint, error) {
	id, err := ParseID(s)
	return Fingerprint(id), err
}

// String is 32 lower-case hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }
