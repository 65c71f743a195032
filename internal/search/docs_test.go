package search

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of docs/search.md")

const docsFile = "../../docs/search.md"

func TestDocumentationListsEveryField(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, part := range map[string]string{"events": fieldTable(false), "issues": fieldTable(true), "limits": limitList()} {
		section := regexp.MustCompile(`(?s)(<!-- ` + name + `: [^\n]* -->\n).*?(<!-- end -->)`)
		if !section.MatchString(want) {
			t.Fatalf("docs/search.md has no part %q", name)
		}
		want = section.ReplaceAllString(want, "${1}"+strings.ReplaceAll(part, "$", "$$")+"${2}")
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("docs/search.md is not what the field table says; run go test ./internal/search -update")
	}
	if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDocumentedQueriesAreOnes(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	_, examples, _ := strings.Cut(string(text), "\n## Examples\n")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(examples, -1)
	if len(rows) < 5 {
		t.Fatalf("%d examples", len(rows))
	}
	for _, row := range rows {
		if _, err := Parse(row[1]); err != nil {
			t.Errorf("%q: %v", row[1], err)
		}
	}
}

func fieldTable(issues bool) string {
	var b strings.Builder
	b.WriteString("| field | also | what it is | example |\n|---|---|---|---|\n")
	for _, f := range Fields() {
		if f.Issue != issues {
			continue
		}
		names := make([]string, len(f.Aliases))
		for i, a := range f.Aliases {
			names[i] = "`" + a + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` |\n", f.Field, strings.Join(names, " "), f.Doc, f.Example)
	}
	return b.String()
}

func limitList() string {
	var b strings.Builder
	for _, err := range []error{ErrTooLong, ErrTooManyTerms, ErrTooDeep, ErrTooManyValues, ErrTooManyWords} {
		text := err.Error()
		fmt.Fprintf(&b, "- %s.\n", strings.ToUpper(text[:1])+text[1:])
	}
	return b.String()
}
