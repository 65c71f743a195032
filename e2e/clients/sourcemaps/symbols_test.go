//go:build e2e

package sourcemaps

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

func TestMappingsAndSymbolsThatComeLater(t *testing.T) {
	t.Parallel()
	s := instance.Start(t)
	w := newWorkshop(t, s)
	const uuid, debugID = "5db7294d-87fc-5726-a5c0-4a90679657a5", "d3096ed4-8121-7fd4-c16b-29cd9bc208ba"
	for name, text := range map[string]string{
		"mapping.txt": "com.example.Cart -> a.a:\n    1:3:void com.example.Payment.charge():10:12 -> b\n    1:3:void pay():30 -> b\ncom.example.NoCard -> a.c:\n",
		"shop.sym":    "MODULE Linux x86_64 D3096ED481217FD4C16B29CD9BC208BA0 shop\nFILE 0 /src/main.cc\nFUNC 1000 10 0 pay()\n1000 10 7 0\n",
	} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	post := func(n int, body string) string {
		t.Helper()
		id := fmt.Sprintf("%032x", n)
		answer, err := http.Post("http://"+s.HTTP+"/api/7/store/?sentry_key="+instance.PublicKey, "application/json", strings.NewReader(`{"event_id":"`+id+`",`+body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %s %v", answer.StatusCode, text, err)
		}
		return id
	}
	java := post(1, `"platform":"java","debug_meta":{"images":[{"type":"proguard","uuid":"`+uuid+`"}]},"exception":{"values":[{"type":"c","module":"a","value":"no card","stacktrace":{"frames":[{"module":"a.a","function":"b","filename":"SourceFile","lineno":2,"in_app":true}]}}]}}`)
	native := post(2, `"platform":"native","debug_meta":{"images":[{"type":"elf","debug_id":"`+debugID+`","image_addr":"0x500000","image_size":65536,"code_file":"/bin/shop"}]},"exception":{"values":[{"type":"SIGSEGV","value":"at 0","stacktrace":{"frames":[{"instruction_addr":"0x501004","in_app":true}]}}]}}`)
	w.cli(t, "upload-proguard", "--uuid", uuid, "mapping.txt")
	w.cli(t, "debug-files", "upload", "--wait", "shop.sym")
	read := func(id string) (e stored) {
		t.Helper()
		s.Decode("/api/v1/projects/7/events/"+id, &e)
		return e
	}
	functions := func(id string) (names string) {
		t.Helper()
		for _, f := range read(id).Event.Exceptions[0].Stacktrace.Frames {
			names += fmt.Sprintf("%s %s:%d ", f.Function, f.Filename, f.Lineno)
		}
		return names
	}
	instance.Eventually(t, time.Minute, "the mapping explains", func() bool { return functions(java) == "pay Cart.java:30 charge Payment.java:11 " })
	if e := read(java); e.Title != "NoCard: no card" {
		t.Errorf("the title is %s", e.Title)
	}
	instance.Eventually(t, time.Minute, "the symbols explain", func() bool { return functions(native) == "pay() main.cc:7 " })
}
