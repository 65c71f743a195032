// Package floors holds the shape of the source tree: which package stands on
// which floor, and what it may import. It reads the table in ARCHITECTURE.md and
// the import lines of the sources, and reports where they disagree. It knows
// nothing of what any package does.
package floors

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is the path under which our packages are imported.
const Module = "github.com/faultline-dev/faultline"

// Row is one line of the table.
type Row struct {
	Package string // path below the module
	Floor   int
	Purpose string
	Imports []string // ours, outside tests, sorted
}

// walls are pairs of trees of which the first must not import the second.
var walls = [][2]string{
	{"server", "alerting"}, {"alerting", "server"},
	{"internal", "server"}, {"internal", "alerting"}, {"internal", "cmd"}, {"internal", "dashboard"},
	{"gen", "internal"}, {"gen", "server"},
	// Adapters do not know each other.
	{"internal/store/clickhouse", "internal/store/meta"}, {"internal/store/meta", "internal/store/clickhouse"},
	{"internal/store/clickhouse", "internal/bus"}, {"internal/store/meta", "internal/bus"},
	{"internal/bus", "internal/store"}, {"server/receive", "internal/store"},
	// Use-cases name no technology.
	{"server/ingest", "internal/store"}, {"server/ingest", "internal/bus"},
	{"server/query", "internal/store"}, {"server/query", "internal/bus"},
	{"server/triage", "internal/store"},
	{"server/admin", "internal/store"}, {"server/admin", "internal/bus"},
	{"alerting/evaluate", "internal/store"}, {"alerting/deliver", "internal/store"}, {"alerting/notify", "internal/store"},
}

// protobufUsers are the packages that may hold generated types.
var protobufUsers = []string{"internal/wire", "internal/bus", "server/receive/native", "server/api", "internal/eventgen", "cmd/faultline", "e2e"}

// ReadTable reads the rows of the table in ARCHITECTURE.md: every line that
// begins with "| `".
func ReadTable(path string) ([]Row, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the table of packages: %w", err)
	}
	var rows []Row
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 {
			return nil, fmt.Errorf("a row has %d cells instead of 4: %s", len(cells), line)
		}
		floor, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			return nil, fmt.Errorf("the floor is no number: %s", line)
		}
		rows = append(rows, Row{
			Package: strings.Trim(strings.TrimSpace(cells[0]), "`"), Floor: floor,
			Purpose: strings.TrimSpace(cells[2]), Imports: strings.Fields(strings.NewReplacer("`", "", ",", " ", "–", "").Replace(cells[3])),
		})
	}
	return rows, nil
}

// ReadSources finds every package of ours below root and what it imports of ours
// outside its tests. Packages that hold only tests are left out, and so are gen and
// modules of their own.
func ReadSources(root string) (map[string][]string, error) {
	packages := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			switch {
			case rel == ".":
				return nil
			case strings.HasPrefix(d.Name(), "."), d.Name() == "node_modules", d.Name() == "testdata", rel == "gen", rel == "sdk-go", rel == "tools", rel == "bin", rel == "data":
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own imports nothing of ours
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(rel))
		imports := packages[dir]
		for _, spec := range file.Imports {
			p, _ := strconv.Unquote(spec.Path.Value)
			if p, ours := strings.CutPrefix(p, Module+"/"); ours && !slices.Contains(imports, p) {
				imports = append(imports, p)
			}
		}
		slices.Sort(imports)
		packages[dir] = imports
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	return packages, nil
}

// Check compares table and sources and names every disagreement.
func Check(rows []Row, packages map[string][]string) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	floor := map[string]int{}
	for _, row := range rows {
		if _, twice := floor[row.Package]; twice {
			fault("%s has two rows", row.Package)
		}
		floor[row.Package] = row.Floor
		if _, found := packages[row.Package]; !found {
			fault("%s has a row and no sources", row.Package)
		}
		if row.Purpose == "" {
			fault("%s has no purpose", row.Package)
		}
	}
	for _, row := range rows {
		actual := ours(packages[row.Package])
		if len(actual)+len(row.Imports) == 0 {
			continue
		}
		if !slices.Equal(row.Imports, actual) {
			fault("%s imports %v, its row says %v", row.Package, actual, row.Imports)
		}
	}
	for name, imports := range packages {
		mine, found := floor[name]
		if !found {
			fault("%s has no row", name)
			continue
		}
		for _, p := range imports {
			if strings.HasPrefix(p, "gen/go/") {
				if !below(protobufUsers, name) {
					fault("%s imports generated types (%s)", name, p)
				}
				continue
			}
			if strings.HasPrefix(p, "gen/") || strings.HasPrefix(p, "sdk-go") {
				continue
			}
			// Words may build on words: floor 1 may import floor 1.
			if theirs, known := floor[p]; known && (theirs > mine || theirs == mine && mine != 1) && !within(name, p) {
				fault("%s (floor %d) imports %s (floor %d): imports go down only", name, mine, p, theirs)
			}
			for _, wall := range walls {
				if within(wall[0], name) && within(wall[1], p) {
					fault("%s imports %s through the wall between %s and %s", name, p, wall[0], wall[1])
				}
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// ours leaves out generated packages, which every row would repeat.
func ours(imports []string) []string {
	kept := []string{}
	for _, p := range imports {
		if !strings.HasPrefix(p, "gen/") {
			kept = append(kept, p)
		}
	}
	return kept
}

// within reports whether a package is tree or below it.
func within(tree, name string) bool {
	return name == tree || strings.HasPrefix(name, tree+"/")
}

func below(trees []string, name string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return within(tree, name) })
}
