package credential

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestCredentialsAreToldApartByTheirLook(t *testing.T) {
	f := func(in string, shape Shape, text string) {
		t.Helper()
		gotShape, gotText := Classify(in)
		if gotShape != shape || gotText != text {
			t.Fatalf("%q is %d %q", in, gotShape, gotText)
		}
	}
	const key = "00112233445566778899aabbccddeeff"
	f("", None, "")
	f(strings.Repeat("a", MaxLength+1), None, "")
	f("with space", None, "")
	f("line\nbreak", None, "")
	f("café", None, "")
	f(key, PublicKey, key)
	f(strings.ToUpper(key), PublicKey, key)
	f(key[:31], Token, key[:31])
	f(key[:31]+"g", Token, key[:31]+"g")
	f("eyJh.b.c", APIKey, "eyJh.b.c")
	f("eyJh.b", Token, "eyJh.b")
	f("flt_x", Token, "flt_x")
}

func TestNewSecretsDiffer(t *testing.T) {
	for _, make := range []func() string{NewPublicKey, NewID, NewToken, NewSession, NewPassword, NewSeed} {
		a, b := make(), make()
		if a == b || len(a) < 20 {
			t.Fatal(a, b)
		}
	}
	if shape, _ := Classify(NewToken()); shape != Token {
		t.Fatal("a new token does not look like one")
	}
}

func TestPasswordsAreVerified(t *testing.T) {
	t.Parallel()
	p := NewPasswords(2)
	hash, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	f := func(password, hash string, want bool, wantErr error) {
		t.Helper()
		got, err := p.Verify(t.Context(), password, hash)
		if got != want || !errors.Is(err, wantErr) {
			t.Fatal(got, err)
		}
	}
	f("correct horse", hash, true, nil)
	f("correct horsf", hash, false, nil)
	f("", hash, false, nil)
	f("correct horse", "", false, nil)
	f(strings.Repeat("x", 1<<20), "", false, nil)
	f(strings.Repeat("x", 1<<20), hash, false, nil)
	f("x", "$2a$10$bcrypt", false, ErrPassword)
	f("x", strings.Replace(hash, "m=19456", "m=999999999", 1), false, ErrPassword)
	f("x", strings.Replace(hash, "t=2", "t=0", 1), false, ErrPassword)
	if again, _ := p.Hash(t.Context(), "correct horse"); again == hash {
		t.Fatal("two hashes of a password are equal")
	}
	if _, err := p.Hash(t.Context(), strings.Repeat("x", MaxPassword+1)); err == nil {
		t.Fatal("an endless password was hashed")
	}
}

func TestPasswordsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	p := NewPasswords(1)
	p.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Verify(ctx, "x", ""); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func newSigner(t testing.TB) *Signer {
	t.Helper()
	s, err := NewSigner(NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPIKeys(t *testing.T) {
	s := newSigner(t)
	claims := Claims{KeyID: "k1", OrganizationID: "o", ProjectID: 7, IssuedAt: now, ExpiresAt: now.Add(time.Hour)}
	text, err := s.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	if shape, _ := Classify(text); shape != APIKey {
		t.Fatal("a signed key does not look like one")
	}
	got, err := s.Verify(text, now.Add(time.Hour-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(claims, got); d != "" {
		t.Fatal(d)
	}
	if got, err = s.Verify(text, now.Add(time.Hour)); !errors.Is(err, ErrExpired) || got != claims {
		t.Fatal(got, err)
	}
	forever, _ := s.Sign(Claims{KeyID: "k", OrganizationID: "o", ProjectID: 1, IssuedAt: now})
	if _, err := s.Verify(forever, now.AddDate(100, 0, 0)); err != nil {
		t.Fatal(err)
	}

	refused := func(text string) {
		t.Helper()
		if got, err := s.Verify(text, now); !errors.Is(err, ErrAPIKey) || got != (Claims{}) {
			t.Fatal(got, err)
		}
	}
	refused("")
	refused("eyJh.b.c")
	refused(text + "A")
	refused(strings.Repeat("a", MaxLength) + text)
	foreign, _ := newSigner(t).Sign(claims)
	refused(foreign)
	parts := strings.Split(text, ".")
	refused(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"faultline","sub":"key","jti":"k1","org":"o","prj":8}`)) + "." + parts[2])

	valid := jwt.MapClaims{"iss": "faultline", "sub": "key", "jti": "k", "org": "o", "prj": 1}
	none, _ := jwt.NewWithClaims(jwt.SigningMethodNone, valid).SignedString(jwt.UnsafeAllowNoneSignatureType)
	refused(none)
	hmac, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, valid).SignedString([]byte(s.public)) // the public key as a shared secret
	refused(hmac)
	for field, value := range map[string]any{"iss": "other", "sub": "session", "jti": "", "org": nil, "prj": 0} {
		broken := jwt.MapClaims{}
		for k, v := range valid {
			broken[k] = v
		}
		broken[field] = value
		signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, broken).SignedString(s.private)
		if err != nil {
			t.Fatal(err)
		}
		refused(signed)
	}
}

func TestSignersComeBackFromTheirSeed(t *testing.T) {
	seed := NewSeed()
	a, err := NewSigner(seed)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := NewSigner(seed)
	text, _ := a.Sign(Claims{KeyID: "k", OrganizationID: "o", ProjectID: 1, IssuedAt: now})
	if _, err := b.Verify(text, now); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "AAAA", "not base 64!", seed + "AAAA"} {
		if _, err := NewSigner(bad); err == nil {
			t.Fatalf("%q is a signing key", bad)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("00112233445566778899aabbccddeeff")
	f.Add("eyJhbGciOiJFZERTQSJ9.e30.AAAA")
	f.Add("flt_token")
	s := newSigner(f)
	f.Fuzz(func(t *testing.T, in string) {
		shape, text := Classify(in)
		if (shape == None) != (text == "") {
			t.Fatalf("%q: %d %q", in, shape, text)
		}
		if again, same := Classify(text); shape != None && (again != shape || same != text) {
			t.Fatalf("%q is read differently the second time", in)
		}
		if _, err := s.Verify(in, now); !errors.Is(err, ErrAPIKey) {
			t.Fatalf("%q was accepted: %v", in, err)
		}
		if _, err := decodeHash(in); err != nil && !errors.Is(err, ErrPassword) {
			t.Fatal(err)
		}
	})
}

func BenchmarkVerifyAPIKey(b *testing.B) {
	s := newSigner(b)
	text, _ := s.Sign(Claims{KeyID: "k1", OrganizationID: "o", ProjectID: 7, IssuedAt: now})
	for b.Loop() {
		if _, err := s.Verify(text, now); err != nil {
			b.Fatal(err)
		}
	}
}
