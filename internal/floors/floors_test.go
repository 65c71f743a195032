package floors

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the imports column of ARCHITECTURE.md; floors and purposes stay")

const table = "../../ARCHITECTURE.md"

func TestTheTableTellsTheTruth(t *testing.T) {
	packages, err := ReadSources("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages found", len(packages))
	}
	if *update {
		rewrite(t, packages)
	}
	rows, err := ReadTable(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range Check(rows, packages) {
		t.Error(fault)
	}
}

func rewrite(t *testing.T, packages map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			name := strings.Trim(strings.TrimSpace(cells[0]), "`")
			imports := "–"
			if list := ours(packages[name]); len(list) > 0 {
				imports = "`" + strings.Join(list, "` `") + "`"
			}
			line = fmt.Sprintf("|%s|%s|%s| %s |\n", cells[0], cells[1], cells[2], imports)
		}
		out.WriteString(line)
	}
	if err := os.WriteFile(table, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEachKindOfFaultIsFound(t *testing.T) {
	f := func(want string, rows []Row, packages map[string][]string) {
		t.Helper()
		faults := Check(rows, packages)
		if len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("want one fault with %q, got %q", want, faults)
		}
	}
	low := Row{Package: "internal/a", Floor: 1, Purpose: "x"}
	f("no row", nil, map[string][]string{"internal/a": nil})
	f("no sources", []Row{low}, nil)
	f("no purpose", []Row{{Package: "internal/a"}}, map[string][]string{"internal/a": nil})
	f("its row says", []Row{low, {Package: "internal/b", Floor: 2, Purpose: "x"}}, map[string][]string{"internal/a": nil, "internal/b": {"internal/a"}})
	f("imports go down only", []Row{{Package: "internal/a", Floor: 2, Purpose: "x", Imports: []string{"internal/b"}}, {Package: "internal/b", Floor: 2, Purpose: "x"}},
		map[string][]string{"internal/a": {"internal/b"}, "internal/b": nil})
	f("wall", []Row{{Package: "alerting", Floor: 6, Purpose: "x", Imports: []string{"server/query"}}, {Package: "server/query", Floor: 3, Purpose: "x"}},
		map[string][]string{"alerting": {"server/query"}, "server/query": nil})
	f("generated types", []Row{low}, map[string][]string{"internal/a": {"gen/go/faultline/event/v1"}})
}
