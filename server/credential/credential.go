// Package credential makes and checks what people and programs prove themselves
// with: public keys of DSNs, signed API keys, tokens, session cookies and
// passwords. It keeps nothing, looks nothing up but its own signing key, and
// decides nobody's access.
package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// MaxLength bounds a credential; a longer one is no credential, and is neither
// hashed nor looked up.
const MaxLength = 4096

// TokenPrefix begins every token made here, so that people and scanners can tell
// what they found.
const TokenPrefix = "flt_"

// Shape is what a credential looks like.
type Shape uint8

// The shapes. A public key may also be a token that somebody chose.
const (
	None      Shape = iota // empty, too long, or not printable
	PublicKey              // 32 hexadecimal digits
	APIKey                 // a JWT
	Token                  // anything else
)

// Classify tells what a credential looks like, from its text alone, and returns
// it in the form in which it is looked up: a public key in lower case.
func Classify(s string) (Shape, string) {
	if s == "" || len(s) > MaxLength {
		return None, ""
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return None, ""
		}
	}
	if IsPublicKey(s) {
		return PublicKey, strings.ToLower(s)
	}
	if strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") == 2 {
		return APIKey, s
	}
	return Token, s
}

// IsPublicKey reports whether s is 32 hexadecimal digits.
func IsPublicKey(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// NewPublicKey makes the public key of a DSN. It identifies; it is no secret.
func NewPublicKey() string { return hex.EncodeToString(random(16)) }

// NewID makes the identity of a token or an API key.
func NewID() string { return hex.EncodeToString(random(12)) }

// NewToken makes the secret of a token: 256 random bits.
func NewToken() string { return TokenPrefix + base64.RawURLEncoding.EncodeToString(random(32)) }

// NewSession makes the secret of a session cookie: 256 random bits.
func NewSession() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// NewPassword makes a password of 20 letters and digits that are hard to
// confuse, in groups: 100 bits.
func NewPassword() string {
	const alphabet = "abcdefghjkmnpqrstuvwxyz23456789A" // 32, so that a byte's low bits choose evenly
	b := random(20)
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	s := string(b)
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
}

// Hash is how the secret of a token or session is stored: hexadecimal SHA-256.
// That is enough for 256 random bits, and quick.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}
