package forwarded

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyNamedProxiesAreBelieved(t *testing.T) {
	t.Parallel()
	f := func(want string, trusted []string, from string, forwarded ...string) {
		t.Helper()
		p, err := Parse(trusted)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		h := p.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = netip.MustParseAddrPort(r.RemoteAddr).Addr().String()
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = from
		r.Header["X-Forwarded-For"] = forwarded
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%v from %s, %v: %s, want %s", trusted, from, forwarded, got, want)
		}
		if r.RemoteAddr != from {
			t.Error("the caller's request was changed")
		}
	}
	f("127.0.0.1", nil, "127.0.0.1:1", "9.9.9.9")
	f("127.0.0.1", []string{"10.0.0.0/8"}, "127.0.0.1:1", "9.9.9.9")
	f("9.9.9.9", []string{"127.0.0.1"}, "127.0.0.1:1", "9.9.9.9")
	f("9.9.9.9", []string{"127.0.0.1"}, "[::ffff:127.0.0.1]:1", "9.9.9.9")
	f("9.9.9.9", []string{"127.0.0.0/8", "10.0.0.0/8"}, "127.0.0.1:1", "1.1.1.1, 9.9.9.9", "10.1.1.1")
	f("10.2.2.2", []string{"127.0.0.0/8", "10.0.0.0/8"}, "127.0.0.1:1", "10.2.2.2, 10.1.1.1")
	f("2001:db8::1", []string{"127.0.0.1"}, "127.0.0.1:1", "[2001:db8::1]:443")
	f("127.0.0.1", []string{"127.0.0.1"}, "127.0.0.1:1", "unknown")
	f("127.0.0.1", []string{"127.0.0.1"}, "127.0.0.1:1")
}

func TestWhatIsNoProxyIsNamed(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"x", "10.0.0.0/99", "host:80"} {
		if _, err := Parse([]string{"127.0.0.1", bad}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func FuzzClient(f *testing.F) {
	f.Add("9.9.9.9, [::1]:3, ::ffff:1.2.3.4")
	p, _ := Parse([]string{"192.0.2.0/24", "::/8"})
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-For", header)
		if a, changed := p.client(r); changed && !a.IsValid() {
			t.Fatal("an address that is none")
		}
	})
}
