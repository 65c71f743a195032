package credential

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims is what a signed API key says.
type Claims struct {
	KeyID          string
	OrganizationID string
	ProjectID      uint32
	IssuedAt       time.Time
	ExpiresAt      time.Time // zero: never
}

// What is wrong with an API key.
var (
	ErrAPIKey  = errors.New("the API key is not one that this server signed")
	ErrExpired = errors.New("the API key has expired")
)

const (
	issuer  = "faultline"
	subject = "key"
)

// Signer signs API keys, which are JWTs, and verifies them without looking
// anything up. It is safe for concurrent use.
type Signer struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	id      string
	parser  *jwt.Parser
}

// NewSeed makes the text of a signing key. It is the installation's secret.
func NewSeed() string { return base64.RawStdEncoding.EncodeToString(random(ed25519.SeedSize)) }

// SigningKey is the name of the secret with which API keys are signed.
const SigningKey = "api-key-signing-seed"

// Secrets keeps the installation's secrets. Secret must store the candidate at
// the first call for a name, and return that at every later one.
type Secrets interface {
	Secret(ctx context.Context, name, candidate string) (string, error)
}

// LoadSigner returns the installation's signer. The first call for a store makes
// its key.
func LoadSigner(ctx context.Context, store Secrets) (*Signer, error) {
	seed, err := store.Secret(ctx, SigningKey, NewSeed())
	if err != nil {
		return nil, fmt.Errorf("read the signing key of API keys: %w", err)
	}
	return NewSigner(seed)
}

// NewSigner reads a signing key as NewSeed wrote it.
func NewSigner(seed string) (*Signer, error) {
	raw, err := base64.RawStdEncoding.DecodeString(seed)
	if err != nil || len(raw) != ed25519.SeedSize {
		return nil, errors.New("read the signing key of API keys: not 32 bytes in base 64")
	}
	private := ed25519.NewKeyFromSeed(raw)
	public := private.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(public)
	return &Signer{
		private: private, public: public, id: hex.EncodeToString(sum[:8]),
		// Times are checked by Verify, against the caller's clock.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()),
	}, nil
}

type jwtClaims struct {
	jwt.RegisteredClaims
	OrganizationID string `json:"org"`
	ProjectID      uint32 `json:"prj"`
}

// Sign makes the text of an API key.
func (s *Signer) Sign(c Claims) (string, error) {
	claims := jwtClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, Subject: subject, ID: c.KeyID, IssuedAt: jwt.NewNumericDate(c.IssuedAt)},
		OrganizationID:   c.OrganizationID, ProjectID: c.ProjectID,
	}
	if !c.ExpiresAt.IsZero() {
		claims.ExpiresAt = jwt.NewNumericDate(c.ExpiresAt)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = s.id
	text, err := token.SignedString(s.private)
	if err != nil {
		return "", fmt.Errorf("sign API key: %w", err)
	}
	return text, nil
}

// Verify reads an API key: ErrAPIKey if it was not signed with this signer's
// key, ErrExpired, with its claims, if its time is over.
func (s *Signer) Verify(text string, now time.Time) (Claims, error) {
	var c jwtClaims
	if len(text) > MaxLength {
		return Claims{}, ErrAPIKey
	}
	_, err := s.parser.ParseWithClaims(text, &c, func(*jwt.Token) (any, error) { return s.public, nil })
	if err != nil || c.Issuer != issuer || c.Subject != subject || c.ID == "" || c.OrganizationID == "" || c.ProjectID == 0 {
		return Claims{}, ErrAPIKey
	}
	claims := Claims{KeyID: c.ID, OrganizationID: c.OrganizationID, ProjectID: c.ProjectID}
	if c.IssuedAt != nil {
		claims.IssuedAt = c.IssuedAt.UTC()
	}
	if c.ExpiresAt != nil {
		claims.ExpiresAt = c.ExpiresAt.UTC()
		if !now.Before(claims.ExpiresAt) {
			return claims, ErrExpired
		}
	}
	return claims, nil
}
