package chdb

import (
	"slices"
	"strings"
)

// kind says how a statement must be handed to the engine.
type kind int

const (
	kindRead    kind = iota // its rows can be streamed
	kindRows                // a small answer in one piece
	kindInsert              // an INSERT, perhaps with rows to follow
	kindRefused             // the engine must not see it
)

// statement is what one look at the text tells.
type statement struct {
	kind   kind
	sql    string // what to run; for an insert with a format, without the format clause
	format string // an insert's format, empty when it brings its own rows
	reason string // why it is refused
}

// allowedSystem lists the SYSTEM statements that a store needs and that leave the engine
// running. Whatever is not on the list is refused.
var allowedSystem = [][]string{
	{"DROP"}, {"FLUSH"}, {"SYNC"}, {"WAIT"}, {"JEMALLOC", "PURGE"},
	{"RELOAD", "DICTIONARY"}, {"RELOAD", "DICTIONARIES"},
	{"STOP", "MERGES"}, {"START", "MERGES"}, {"STOP", "TTL"}, {"START", "TTL"}, {"STOP", "MOVES"}, {"START", "MOVES"},
	{"STOP", "VIEW"}, {"START", "VIEW"}, {"STOP", "VIEWS"}, {"START", "VIEWS"}, {"REFRESH", "VIEW"}, {"CANCEL", "VIEW"},
}

// classify looks at a statement. Where it is wrong about a read, the engine says so and
// the statement is run in one piece instead; it must only never miss a refusal.
func classify(sql string) statement {
	head := leadingWords(sql, 3)
	switch {
	case len(head) == 0:
		return statement{kind: kindRows, sql: sql}
	case slices.ContainsFunc(head, word.foreign):
		return statement{kind: kindRefused, reason: "a letter beyond ASCII outside of quotes is not allowed"}
	case is(head, "SYSTEM"):
		for _, allowed := range allowedSystem {
			if is(head[1:], allowed...) {
				return statement{kind: kindRows, sql: sql}
			}
		}
		return statement{kind: kindRefused, reason: "SYSTEM " + strings.ToUpper(strings.Join(texts(head[1:]), " ")) + " is not allowed on the embedded engine"}
	case is(head, "INSERT"):
		return classifyInsert(sql)
	case is(head, "SELECT"), is(head, "WITH"), is(head, "FROM"), is(head, "VALUES"):
		return statement{kind: kindRead, sql: sql}
	case hidesAnother(sql):
		return statement{kind: kindRefused, reason: "PARALLEL WITH is not allowed on the embedded engine"}
	default:
		return statement{kind: kindRows, sql: sql}
	}
}

// hidesAnother finds the clause that joins several statements into one, each of which
// would have to be looked at, and the letters that could hide it.
func hidesAnother(sql string) bool {
	var last word
	found := false
	words(sql, func(w word) bool {
		found = last.is("PARALLEL") && w.is("WITH") || w.foreign()
		last = w
		return !found
	})
	return found
}

// classifyInsert finds the format clause that ends an INSERT whose rows come apart from
// its text.
func classifyInsert(sql string) statement {
	var last [2]word
	words(sql, func(w word) bool {
		if w.text != ";" {
			last[0], last[1] = last[1], w
		}
		return true
	})
	switch {
	case last[0].is("FORMAT") && !last[1].is("VALUES"):
		return statement{kind: kindInsert, sql: sql[:last[0].start], format: last[1].text}
	case last[1].is("VALUES"):
		end := last[1].start
		if last[0].is("FORMAT") {
			end = last[0].start
		}
		return statement{kind: kindInsert, sql: sql[:end], format: "Values"}
	}
	return statement{kind: kindInsert, sql: sql}
}

// leadingWords returns the first words of a statement, without opening parentheses.
func leadingWords(sql string, n int) []word {
	var head []word
	words(sql, func(w word) bool {
		if w.text != "(" {
			head = append(head, w)
		}
		return len(head) < n
	})
	return head
}

// is compares the first words with keywords.
func is(head []word, keywords ...string) bool {
	return len(head) >= len(keywords) && slices.EqualFunc(head[:len(keywords)], keywords, word.is)
}

func texts(list []word) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.text
	}
	return out
}
