package credential

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password: RFC 9106's memory-constrained choice as OWASP scales
// it, about 20 ms and 19 MiB.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
)

// MaxPassword bounds a password in bytes.
const MaxPassword = 1024

// ErrPassword is returned for a stored hash that cannot be read.
var ErrPassword = errors.New("the stored password hash is not argon2id as written by this server")

// Passwords hashes and verifies passwords, a bounded number at a time, because
// each takes memory.
type Passwords struct {
	slots chan struct{}
}

// NewPasswords allows n passwords to be worked on at once.
func NewPasswords(n int) *Passwords {
	return &Passwords{slots: make(chan struct{}, max(n, 1))}
}

// Hash returns the text under which a password is stored: argon2id in the usual
// $-separated form. It waits for its turn.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxPassword {
		return "", fmt.Errorf("hash password: longer than %d bytes", MaxPassword)
	}
	salt := random(16)
	key, err := p.derive(ctx, password, salt, argonMemory, argonTime, argonThreads, argonKey)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key), nil
}

func encodeHash(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// Verify reports whether a password is the one that was hashed. An empty hash is
// that of nobody: it takes as long and is never right, so that the time does not
// tell who has an account. It waits for its turn.
func (p *Passwords) Verify(ctx context.Context, password, hash string) (bool, error) {
	if hash == "" {
		_, err := p.derive(ctx, password[:min(len(password), MaxPassword)], make([]byte, 16), argonMemory, argonTime, argonThreads, argonKey)
		return false, err
	}
	if len(password) > MaxPassword {
		return false, nil
	}
	h, err := decodeHash(hash)
	if err != nil {
		return false, err
	}
	key, err := p.derive(ctx, password, h.salt, h.memory, h.time, h.threads, uint32(len(h.key)))
	return err == nil && subtle.ConstantTimeCompare(key, h.key) == 1, err
}

func (p *Passwords) derive(ctx context.Context, password string, salt []byte, memory, time uint32, threads uint8, n uint32) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), salt, time, memory, threads, n), nil
}

type storedHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// decodeHash reads what Hash wrote, with costs of other versions of the server
// within bounds.
func decodeHash(s string) (storedHash, error) {
	var h storedHash
	var version int
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, ErrPassword
	}
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return h, ErrPassword
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return h, ErrPassword
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || h.memory > 256*1024 || h.time < 1 || h.time > 16 || h.threads < 1 || len(h.salt) < 8 || len(h.key) < 16 || len(h.key) > 64 {
		return h, ErrPassword
	}
	return h, nil
}
