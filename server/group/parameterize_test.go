package group

import "testing"

func TestParameterizeNamesWhatVaries(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Parameterize(in); got != want {
			t.Errorf("Parameterize(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	// What stays.
	f("", "")
	f("connection refused", "connection refused")
	f("std::vector<Foo::bar> is empty", "std::vector<Foo::bar> is empty")
	f("utf8, sha256, int64, x509, E11000 and h264 are names", "utf8, sha256, int64, x509, E11000 and h264 are names")
	f("deadbeef is a word", "deadbeef is a word")
	f("face: cafe", "face: cafe")
	f("naïve Zürich 日本", "naïve Zürich 日本")
	f("a @ b", "a @ b")
	f("http:// is empty", "http:// is empty")

	f("rows [1, 2,3, 4] of 5, 6", "rows [<number>] of <number>")
	f("user 42 not found", "user <number> not found")
	f("worker-7 stopped", "worker-<number> stopped")
	f("index -1 out of range [0:5]", "index <number> out of range [<number>:<number>]")
	f("took 3.14 of 10", "took <number> of <number>")
	f("version 1.2.3", "version <version>")
	f("timeout after 12.5ms", "timeout after <duration>")
	f("waited 1h2m3.5s for it", "waited <duration> for it")
	f("waited 30s", "waited <duration>")
	f("GET https://api.example.com/v1/users/42?x=1 failed.", "GET <url> failed.")
	f("postgres://u:p@db:5432/x, broken", "<url>, broken")
	f("mail to ada.l+x@example.co.uk, bounced", "mail to <email>, bounced")
	f("dial tcp 10.0.0.7:5432: refused", "dial tcp <ip>: refused")
	f("host 192.168.1.1 down", "host <ip> down")
	f("from [::1]:80", "from [<ip>]:<number>")
	f("from fe80::1ff:fe23:4567:890a now", "from <ip> now")
	f("id fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0!", "id <uuid>!")
	f("commit 0123456789abcdef0123456789abcdef01234567", "commit <sha1>")
	f("etag d41d8cd98f00b204e9800998ecf8427e", "etag <md5>")
	f("at 0x7f3a8c", "at <hex>")
	f("trace 9f8e7d6c5b", "trace <hex>")
	f("on 2026-11-22T18:33:31.123Z we failed", "on <date> we failed")
	f("on 2026-11-22 18:33:31 we failed", "on <date> we failed")
	f("at 12:30:01 sharp", "at <date> sharp")
	f(`column name="Ada Lovelace" is unknown`, `column name=<value> is unknown`)
	f("ünïcode 5", "ünïcode <number>")
}

func FuzzParameterize(f *testing.F) {
	f.Add("user 42 at 10.0.0.1:80 on 2026-01-02T03:04:05Z")
	f.Add("a@b.c=\"x\" ::1 0x1 1h2m https://x")
	f.Add("aaa 00 00.0X00000 0=\"\"0 A::0A0:0:0X 0A00::000000000")
	f.Add("fe80::1ff:fe23:4567:890a fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0")
	for i, pair := range corpusLines(f) {
		if i%20 == 0 {
			f.Add(pair[0])
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Parameterize(s)
		if len(out) > 8*len(s)+16 {
			t.Fatalf("%d bytes became %d", len(s), len(out))
		}
		if appended := string(AppendParameterized([]byte("1 <hex>-"), s)); appended != "1 <hex>-"+out {
			t.Fatalf("%q becomes %q, appended %q", s, out, appended)
		}
	})
}
