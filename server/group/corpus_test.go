package group

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
)

// corpus is texts, most of them drawn by lot from pieces that the scanners know, and what
// became of them when they were first read: two quoted strings a line.
//
//go:embed testdata/parameterize.txt
var corpus string

func corpusLines(t testing.TB) (all [][2]string) {
	t.Helper()
	for line := range strings.Lines(corpus) {
		var pair [2]string
		in, out, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		for i, text := range [...]string{in, out} {
			s, err := strconv.Unquote(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			pair[i] = s
		}
		all = append(all, pair)
	}
	return all
}

// TestParameterizeGivesWhatItGave keeps stored fingerprints true: a faster scanner must
// say the same of every text.
func TestParameterizeGivesWhatItGave(t *testing.T) {
	for _, pair := range corpusLines(t) {
		if got := Parameterize(pair[0]); got != pair[1] {
			t.Errorf("Parameterize(%q)\n got %q\nwant %q", pair[0], got, pair[1])
		}
		if got := string(AppendParameterized([]byte("1 <hex>-"), pair[0])); got != "1 <hex>-"+pair[1] {
			t.Errorf("AppendParameterized(%q)\n got %q\nwant %q", pair[0], got, pair[1])
		}
	}
}
