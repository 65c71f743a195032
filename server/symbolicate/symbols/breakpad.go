package symbols

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadBreakpad reads a .sym file. What it does not know it leaves out.
func ReadBreakpad(r io.Reader) (*Table, error) {
	b := breakpad{table: &Table{}, files: map[string]int32{}, origins: map[string]string{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for n := 0; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if n == 0 && !strings.HasPrefix(line, "MODULE ") {
			return nil, fmt.Errorf("%w: the first line does not say MODULE", ErrSymbols)
		}
		b.line(line)
		if len(b.table.functions)+len(b.public) > maxFunctions || len(b.origins)+len(b.table.files) > maxFunctions || len(b.table.lines) > maxLines {
			return nil, fmt.Errorf("%w: %w", ErrSymbols, errTooMany)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSymbols, err)
	}
	if len(b.table.functions)+len(b.public) == 0 {
		return nil, fmt.Errorf("%w: it names no function", ErrSymbols)
	}
	b.publish()
	b.table.finish()
	return b.table, nil
}

// breakpad is a file being read.
type breakpad struct {
	table   *Table
	files   map[string]int32  // by number
	origins map[string]string // names of inlined functions, by number
	public  []function
	in      bool // a function
	end     uint64
}

func (b *breakpad) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "FILE":
		number, name, _ := strings.Cut(rest, " ")
		b.files[number] = int32(len(b.table.files))
		b.table.files = append(b.table.files, name)
	case "INLINE_ORIGIN":
		number, name, _ := strings.Cut(rest, " ")
		b.origins[number] = name
	case "FUNC":
		rest = strings.TrimPrefix(rest, "m ")
		p := strings.SplitN(rest, " ", 4) // address, size, parameters, name
		if b.in = len(p) == 4; !b.in {
			return
		}
		low, size, ok := addresses(p[0], p[1])
		if b.in = ok; ok {
			b.table.functions = append(b.table.functions, function{low: low, high: low + size, name: p[3], callFile: -1})
			b.end = low + size
		}
	case "PUBLIC":
		rest = strings.TrimPrefix(rest, "m ")
		p := strings.SplitN(rest, " ", 3)
		if b.in = false; len(p) != 3 {
			return
		}
		if low, _, ok := addresses(p[0], "0"); ok {
			b.public = append(b.public, function{low: low, name: p[2], callFile: -1})
		}
	case "INLINE":
		b.inline(strings.Fields(rest))
	case "MODULE", "INFO", "STACK":
		b.in = false
	default:
		if b.in {
			b.row(word, strings.Fields(rest))
		}
	}
}

// inline reads depth, line and file of the call, number of the function, and ranges.
func (b *breakpad) inline(p []string) {
	if !b.in || len(p) < 6 {
		return
	}
	depth, err := strconv.ParseUint(p[0], 10, 16)
	line, errLine := strconv.ParseUint(p[1], 10, 32)
	if err != nil || errLine != nil || depth > maxDepth {
		return
	}
	file := b.file(p[2])
	if file < 0 {
		file = nowhere
	}
	for i := 4; i+1 < len(p); i += 2 {
		if low, size, ok := addresses(p[i], p[i+1]); ok {
			b.table.functions = append(b.table.functions, function{
				low: low, high: low + size, name: b.origins[p[3]], depth: uint16(depth) + 1, callFile: file, callLine: uint32(line),
			})
		}
	}
}

// row reads address, size, line and file.
func (b *breakpad) row(address string, p []string) {
	if len(p) != 3 {
		return
	}
	low, size, ok := addresses(address, p[0])
	line, err := strconv.ParseUint(p[1], 10, 32)
	if !ok || err != nil {
		return
	}
	if n := len(b.table.lines); n > 0 && b.table.lines[n-1].file < 0 && b.table.lines[n-1].addr == low {
		b.table.lines = b.table.lines[:n-1]
	}
	b.table.lines = append(b.table.lines, row{low, b.file(p[2]), uint32(line)}, row{low + size, -1, 0})
}

func (b *breakpad) file(number string) int32 {
	if i, known := b.files[number]; known {
		return i
	}
	return -1
}

// publish takes over symbols where no function is known; each ends where the next begins.
func (b *breakpad) publish() {
	known := make(map[uint64]bool, len(b.table.functions))
	all := append([]function(nil), b.public...)
	for i := range b.table.functions {
		known[b.table.functions[i].low] = true
		all = append(all, function{low: b.table.functions[i].low})
	}
	b.table.functions = append(b.table.functions, bounded(all, known)...)
}

// addresses reads an address and a size, both hexadecimal.
func addresses(address, size string) (low, length uint64, ok bool) {
	low, err := strconv.ParseUint(address, 16, 64)
	length, errSize := strconv.ParseUint(size, 16, 64)
	return low, length, err == nil && errSize == nil && low+length >= low
}
