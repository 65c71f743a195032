package chdb

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
	"github.com/google/go-cmp/cmp"
)

func TestRequestBecomesConnectArguments(t *testing.T) {
	t.Parallel()
	values, err := url.ParseQuery("database=d&default_format=Native&readonly=1&max_threads=2&param_b=2&param_a=1&query_id=q&log_comment=mine&client_protocol_version=54460")
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseRequest(values, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	got := r.arguments(map[string]string{"max_threads": "8", "max_memory_usage": "1"}, "tag mine")
	want := []string{"--max_memory_usage=1", "--max_threads=2", "--log_comment=tag mine", "--readonly=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.database != "d" || r.format != "Native" || r.queryID != "q" || r.comment != "mine" {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff([]param{{"a", "1"}, {"b", "2"}}, r.params, cmp.AllowUnexported(param{})); diff != "" {
		t.Error(diff)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("query=INSERT+INTO+t+FORMAT+Native&max_threads=1")
	f.Add("param_=x&database=%60&config-file=%2Fetc%2Fpasswd&readonly=%00")
	known := map[string]bool{"max_threads": true, "readonly": true}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		r, err := parseRequest(values, func(name string) bool { return known[name] })
		if err != nil {
			var e *exception
			if !errors.As(err, &e) || e.Code == 0 {
				t.Fatalf("%v is no exception", err)
			}
			return
		}
		args := r.arguments(nil, "tag")
		for _, arg := range args {
			name, _, ok := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
			if !ok || !known[name] && name != "log_comment" || strings.IndexByte(arg, 0) >= 0 {
				t.Fatalf("%q reaches the engine", arg)
			}
		}
	})
}

func TestNamesAreQuotedSoThatTheyCannotEnd(t *testing.T) {
	t.Parallel()
	f := func(name, want string) {
		t.Helper()
		if got := quoteName(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
	f("faultline", "`faultline`")
	f("a`; DROP DATABASE b", "`a\\`; DROP DATABASE b`")
	f(`a\`, "`a\\\\`")
}

func TestHelloIsReadAtTheRevisionTheClientAssumes(t *testing.T) {
	t.Parallel()
	data := hello{name: "faultline", version: "26.7.2.1", timezone: "UTC"}.encode()
	block := proto.NewBlock()
	if err := block.Decode(chproto.NewReader(bytes.NewReader(data)), 54460); err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, column := range block.Columns {
		got = append(got, column.Row(0, false))
	}
	if diff := cmp.Diff([]any{"faultline", "26.7.2.1", uint32(0), "UTC"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzHello(f *testing.F) {
	f.Add("faultline", "26.7.2.1", "UTC")
	f.Fuzz(func(t *testing.T, name, version, timezone string) {
		data := hello{name: name, version: version, timezone: timezone}.encode()
		block := proto.NewBlock()
		if err := block.Decode(chproto.NewReader(bytes.NewReader(data)), 54460); err != nil {
			t.Fatal(err)
		}
		if got := block.Columns[3].Row(0, false); got != timezone {
			t.Fatalf("got %q, want %q", got, timezone)
		}
	})
}

func TestExceptionsKeepTheirCode(t *testing.T) {
	t.Parallel()
	f := func(text string, code int, want string) {
		t.Helper()
		var e *exception
		if err := parseException(text); !errors.As(err, &e) || e.Code != code || e.Error() != want {
			t.Errorf("%q: got %v", text, err)
		}
	}
	f("Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)", 60, "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)")
	f("\nCode: 241. DB::NetException: y\n", 241, "Code: 241. DB::NetException: y")
	f("Code: x", codeUnknown, "Code: 1002. DB::Exception: Code: x")
	f("out of luck", codeUnknown, "Code: 1002. DB::Exception: out of luck")
	if err := parseException(""); err != nil {
		t.Errorf("no text gave %v", err)
	}
}

func FuzzException(f *testing.F) {
	f.Add("Code: 60. DB::Exception: x")
	f.Add("Code: 99999999999999999999. x")
	f.Fuzz(func(t *testing.T, text string) {
		err := parseException(text)
		var e *exception
		if (err == nil) != (text == "") || err != nil && (!errors.As(err, &e) || e.Code <= 0 || e.status() < 400) {
			t.Fatalf("%q gave %v", text, err)
		}
	})
}
