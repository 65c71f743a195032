package stacktext

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the .golden files")

func TestEachFormGivesTheFramesThatAPersonSees(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := Parse(string(text), Hint{})
		got := fmt.Sprintf("%s, %d unread\n%s", r.Platform, r.Unread, describe(r.Exceptions))
		if crlf := Parse(strings.ReplaceAll(string(text), "\n", "\r\n"), Hint{}); describe(crlf.Exceptions) != describe(r.Exceptions) {
			t.Errorf("%s: other line breaks give %s", file, describe(crlf.Exceptions))
		}
		golden := strings.TrimSuffix(file, ".txt") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
		}
	}
}
