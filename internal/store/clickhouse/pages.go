package clickhouse

import "sync"

// pages holds values of one size in pieces of one length, which all blocks share: a block
// takes the memory that its rows need, however large an earlier one was, and nothing is
// copied while it grows.
type pages[T any] struct {
	pool *sync.Pool // of *page[T]
	list []*page[T]
	n    int // values
}

// pageLength is how many values are in one piece.
const pageLength = 1 << 13

type page[T any] [pageLength]T

// What is free; the collector takes what nobody has asked for since its last turn.
var (
	bytePages   = sync.Pool{New: func() any { return new(page[byte]) }}
	numberPages = sync.Pool{New: func() any { return new(page[uint32]) }}
)

func (p *pages[T]) append(v T) {
	at := p.n % pageLength
	if p.n/pageLength == len(p.list) {
		p.list = append(p.list, p.pool.Get().(*page[T]))
	}
	p.list[p.n/pageLength][at] = v
	p.n++
}

// at is value number i.
func (p *pages[T]) at(i int) T { return p.list[i/pageLength][i%pageLength] }

// each hands over the values of a range in pieces.
func (p *pages[T]) each(from, to int, some func([]T)) {
	for from < to {
		at := from % pageLength
		n := min(to-from, pageLength-at)
		some(p.list[from/pageLength][at : at+n])
		from += n
	}
}

// appendTo appends the values of a range to a slice.
func (p *pages[T]) appendTo(list []T, from, to int) []T {
	p.each(from, to, func(some []T) { list = append(list, some...) })
	return list
}

// runs finds the ranges in which rows follow each other, as those of a list do.
func runs(rows []uint32, one func(from, to int)) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n] == rows[n-1]+1 {
			n++
		}
		one(int(rows[0]), int(rows[0])+n)
		rows = rows[n:]
	}
}

// reset gives back all pieces but one, so that a block of few rows finds its own.
func (p *pages[T]) reset() {
	for i := 1; i < len(p.list); i++ {
		p.pool.Put(p.list[i])
		p.list[i] = nil
	}
	p.list, p.n = p.list[:min(1, len(p.list))], 0
}

// write appends bytes.
func write[S ~string | ~[]byte](p *pages[byte], s S) {
	for len(s) > 0 {
		at := p.n % pageLength
		if p.n/pageLength == len(p.list) {
			p.list = append(p.list, p.pool.Get().(*page[byte]))
		}
		n := copy(p.list[p.n/pageLength][at:], s)
		s = s[n:]
		p.n += n
	}
}
