package symbols

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"fmt"
	"io"
	"slices"
)

// lastFunction is how long a function counts that no other one follows.
const lastFunction = 4096

// bounded gives symbols without a size an end: where the next one begins. Those without
// a name, and those at addresses that are known, only end others.
func bounded(all []function, known map[uint64]bool) (list []function) {
	slices.SortStableFunc(all, func(a, b function) int { return cmp.Compare(a.low, b.low) })
	for i := range all {
		f := all[i]
		if f.name == "" || known[f.low] || len(list) > 0 && list[len(list)-1].low == f.low {
			continue
		}
		if f.high == 0 {
			f.high = f.low + lastFunction
			for _, next := range all[i+1:] {
				if next.low > f.low {
					f.high = next.low
					break
				}
			}
		}
		if f.high > f.low {
			list = append(list, f)
		}
	}
	return list
}

// ReadELF reads a program, a library or the file of their debug information.
func ReadELF(r io.ReaderAt) (t *Table, err error) {
	defer recovered(&err)
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSymbols, err)
	}
	t = &Table{}
	for i, p := range loads(f) {
		if start := p.Vaddr &^ 0xfff; i == 0 || start < t.base {
			t.base = start
		}
	}
	if d, err := f.DWARF(); err == nil {
		if err := t.dwarf(d); err != nil {
			return nil, err
		}
	}
	var all []function
	for _, read := range []func() ([]elf.Symbol, error){f.Symbols, f.DynamicSymbols} {
		list, _ := read() // a file without them has others, or none
		for _, s := range list {
			if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Value == 0 || s.Section == elf.SHN_UNDEF {
				continue
			}
			one := function{low: s.Value, name: s.Name, callFile: -1}
			if s.Size > 0 {
				one.high = s.Value + s.Size
			}
			all = append(all, one)
		}
	}
	return t.with(all)
}

func loads(f *elf.File) (list []*elf.Prog) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			list = append(list, p)
		}
	}
	return list
}

// ReadMachO reads a program, a library or the file within a dSYM, of one architecture.
func ReadMachO(r io.ReaderAt) (t *Table, err error) {
	defer recovered(&err)
	f, err := macho.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSymbols, err)
	}
	t = &Table{}
	if text := f.Segment("__TEXT"); text != nil {
		t.base = text.Addr
	}
	if d, err := f.DWARF(); err == nil {
		if err := t.dwarf(d); err != nil {
			return nil, err
		}
	}
	var all []function
	if f.Symtab != nil {
		for _, s := range f.Symtab.Syms {
			const debugging, kind, section = 0xe0, 0x0e, 0x0e
			if s.Type&debugging == 0 && s.Type&kind == section && s.Value != 0 {
				name := s.Name
				if len(name) > 1 && name[0] == '_' {
					name = name[1:]
				}
				all = append(all, function{low: s.Value, name: name, callFile: -1})
			}
		}
	}
	return t.with(all)
}

// with adds what only the symbol table knows.
func (t *Table) with(all []function) (*Table, error) {
	known := make(map[uint64]bool, len(t.functions))
	for i := range t.functions {
		known[t.functions[i].low] = true
		all = append(all, function{low: t.functions[i].low})
	}
	t.functions = append(t.functions, bounded(all, known)...)
	if len(t.functions) == 0 {
		return nil, fmt.Errorf("%w: it names no function", ErrSymbols)
	}
	if len(t.functions) > maxFunctions {
		return nil, fmt.Errorf("%w: %w", ErrSymbols, errTooMany)
	}
	t.finish()
	return t, nil
}

// recovered turns a panic of a reader of the standard library into an error: files come
// from outside.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: reading it failed: %v", ErrSymbols, r)
	}
}

// dwarf takes over the functions and lines of DWARF.
func (t *Table) dwarf(d *dwarf.Data) error {
	w := dwarfReader{Table: t, data: d, names: map[dwarf.Offset]string{}, numbers: map[string]int32{}}
	return w.read()
}
