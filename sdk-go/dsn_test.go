package faultline

import (
	"errors"
	"strings"
	"testing"
)

func TestDsn(t *testing.T) {
	t.Parallel()
	bad := func(text string) {
		t.Helper()
		if d, err := NewDsn(text); !errors.Is(err, ErrDsn) {
			t.Errorf("NewDsn(%q) = %v, %v", text, d, err)
		}
	}
	bad("")
	bad("faultline.example.com/1")
	bad("ftp://key@host/1")
	bad("https://key@/1")
	bad("https://key@host")
	bad("https://key@host/")
	bad("https://key@host/name")
	bad("https://key@host/0")
	bad("https://key@host/4294967296")
	bad("https://key@host/-1")
	bad("https://key@host:0/1")
	bad("https://key@host:99999/1")
	bad("https://key@host/1?x=y")
	bad("https://key@host/1#x")
	bad("https://key@ho st/1")
	bad("https://key@host:port/1")

	good := func(text, base, key string, project uint32) {
		t.Helper()
		d, err := NewDsn(text)
		if err != nil {
			t.Errorf("NewDsn(%q): %v", text, err)
			return
		}
		if d.BaseURL() != base || d.PublicKey() != key || d.ProjectID() != project {
			t.Errorf("NewDsn(%q) = %s, %s, %d", text, d.BaseURL(), d.PublicKey(), d.ProjectID())
		}
	}
	good("http://key@localhost:8080/1", "http://localhost:8080", "key", 1)
	good("https://key@faultline.example.com/4294967295", "https://faultline.example.com", "key", 4294967295)
	good("https://key:secret@host/a/b/7", "https://host/a/b", "key", 7)
	good("https://key@[::1]:8080/7/", "https://[::1]:8080", "key", 7)
	good("https://host/7", "https://host", "", 7)
	good(" https://key@host/7\n", "https://host", "key", 7)
}

func TestAnErrorAboutADsnDoesNotRepeatTheKey(t *testing.T) {
	t.Parallel()
	_, err := NewDsn("https://verysecret@ho st/1")
	if err == nil || strings.Contains(err.Error(), "verysecret") {
		t.Errorf("error: %v", err)
	}
}

func FuzzDsn(f *testing.F) {
	f.Add("https://key@host:8080/prefix/1")
	f.Add("http://[::1]/2")
	f.Add("https://k%40y@host//1")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := NewDsn(text)
		if err != nil {
			if !errors.Is(err, ErrDsn) {
				t.Fatalf("error without ErrDsn: %v", err)
			}
			return
		}
		again, err := NewDsn(d.String())
		if err != nil || *again != *d {
			t.Fatalf("%q reads as %+v, writes as %q, reads as %+v (%v)", text, d, d, again, err)
		}
	})
}
