// Package symbols says which functions of a native program stand at an address, from
// Breakpad's .sym files and from the DWARF, or at least the symbol table, of ELF and Mach-O
// files. It reads such files and decides what of them a frame gets.
//
// It does no I/O beyond the file it is given, and keeps nothing else. It does not read
// PDB, dSYM folders as such, split DWARF (.dwo), or WebAssembly, and unwinds no stacks.
package symbols

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// Bounds of one file. One beyond them is refused.
const (
	maxFunctions = 4 << 20
	maxLines     = 16 << 20
	maxDepth     = 64 // calls inlined into one another
)

// nowhere is the number of a file that has no name.
const nowhere = math.MaxInt32

// ErrSymbols is in every error about a file without symbols that can be read.
var ErrSymbols = errors.New("no symbols that can be read")

var errTooMany = errors.New("more functions or lines than fit into memory")

// Table is what a file says of its addresses. It is safe for concurrent use.
type Table struct {
	base      uint64 // the address at which the file wants to be
	functions []function
	lines     []row
	files     []string
	bytes     int
}

// function is the code of a function, or of one that was inlined into another.
type function struct {
	low, high uint64
	name      string
	parent    int32 // the one around it, or -1
	depth     uint16
	callFile  int32 // where an inlined function is called, or -1
	callLine  uint32
}

// row says that from an address on the code comes from a line.
type row struct {
	addr uint64
	file int32 // -1: from nowhere
	line uint32
}

// Call is one call at an address.
type Call struct {
	Function string
	Symbol   string // the function's name as the compiler encoded it, where it did
	File     string // as the compiler saw it; may be empty
	Line     uint32 // 0: not known
}

// finish sorts what was read.
func (t *Table) finish() {
	slices.SortStableFunc(t.functions, func(a, b function) int {
		return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(b.high, a.high), cmp.Compare(a.depth, b.depth))
	})
	var around []int32
	for i := range t.functions {
		f := &t.functions[i]
		for len(around) > 0 && t.functions[around[len(around)-1]].high <= f.low {
			around = around[:len(around)-1]
		}
		f.parent = -1
		if len(around) > 0 {
			f.parent = around[len(around)-1]
		}
		if len(around) < maxDepth {
			around = append(around, int32(i))
		}
	}
	slices.SortStableFunc(t.lines, func(a, b row) int { return cmp.Compare(a.addr, b.addr) })
	t.functions, t.lines = slices.Clip(t.functions), slices.Clip(t.lines)
	t.bytes = 64*len(t.functions) + 16*len(t.lines) + 512
	for i := range t.functions {
		t.bytes += len(t.functions[i].name)
	}
	for _, f := range t.files {
		t.bytes += 16 + len(f)
	}
}

// Bytes is about how much memory the table takes.
func (t *Table) Bytes() int { return t.bytes }

// Calls are the calls at an address, counted from where the image begins in memory, the
// innermost first; none if nothing is known of it.
func (t *Table) Calls(offset uint64) []Call {
	addr := t.base + offset
	if addr < t.base {
		return nil
	}
	i := sort.Search(len(t.functions), func(i int) bool { return t.functions[i].low > addr }) - 1
	for i >= 0 && t.functions[i].high <= addr {
		i = int(t.functions[i].parent)
	}
	if i < 0 {
		return nil
	}
	at := call(t.functions[i].name)
	if n := sort.Search(len(t.lines), func(i int) bool { return t.lines[i].addr > addr }) - 1; n >= 0 && t.lines[n].addr >= t.root(i).low && t.lines[n].file >= 0 {
		at.File, at.Line = t.file(t.lines[n].file), t.lines[n].line
	}
	calls := []Call{at}
	for t.functions[i].callFile >= 0 && t.functions[i].parent >= 0 && len(calls) < maxDepth {
		f := &t.functions[i]
		i = int(f.parent)
		c := call(t.functions[i].name)
		c.File, c.Line = t.file(f.callFile), f.callLine
		calls = append(calls, c)
	}
	return calls
}

// longestName bounds what is made of a name, in bytes, as a power of two: a few letters
// can stand for an endless type.
const longestName = 12

// call is a call of a function whose name may be encoded, as those of C++ and Rust are in
// symbol tables.
func call(name string) Call {
	if !strings.HasPrefix(name, "_Z") && !strings.HasPrefix(name, "_R") {
		return Call{Function: name}
	}
	plain, err := demangle.ToString(name, demangle.NoClones, demangle.MaxLength(longestName))
	if err != nil {
		return Call{Function: name}
	}
	return Call{Function: plain, Symbol: name}
}

// root is the function into which another was inlined in the end.
func (t *Table) root(i int) *function {
	for t.functions[i].callFile >= 0 && t.functions[i].parent >= 0 {
		i = int(t.functions[i].parent)
	}
	return &t.functions[i]
}

func (t *Table) file(i int32) string {
	if i < 0 || int(i) >= len(t.files) {
		return ""
	}
	return t.files[i]
}
