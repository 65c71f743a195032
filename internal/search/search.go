// Package search is the query language of the search box, the live tail,
// filters and alert rules: it parses a query, prints it, and matches it against
// events in memory. docs/search.md describes the language to its users.
//
// The tree that Parse returns is what a store turns into SQL; Match and the SQL
// must agree on every event, so the rules of comparison are written down here,
// at Pattern, Text and Compare, in terms that ClickHouse has too. The package
// knows no store, no clock and no caller.
package search

import "time"

// Limits of a query. Each has an error that names it.
const (
	MaxLength = 4096 // bytes of a query
	MaxDepth  = 32   // parentheses inside one another
	MaxTerms  = 200  // terms of a query
	MaxList   = 100  // values of an in-list
	MaxWords  = 64   // words of one free text
)

// Query is a parsed query. The zero Query is empty and matches everything.
type Query struct {
	Root Node // nil: empty
}

// Parse reads a query. Every error is a *SyntaxError.
func Parse(s string) (Query, error) { return parse(s, true) }

// ParseEvents reads a query for places where one event at a time is known, such
// as alert rules and the live tail: words that speak of issues (is:, assigned:,
// times_seen:, ...) are refused.
func ParseEvents(s string) (Query, error) { return parse(s, false) }

// Empty reports whether the query matches everything because nothing is asked.
func (q Query) Empty() bool { return q.Root == nil }

// Match reports whether a subject matches. Spans such as -24h are counted back
// from now. A field the subject does not know has no value.
func (q Query) Match(s Subject, now time.Time) bool {
	return q.Root == nil || matches(q.Root, s, now)
}

// FitsSummary reports whether the short form of an event is enough to decide
// on the query; if not, match the whole event.
func (q Query) FitsSummary() bool {
	fits := true
	q.walk(func(n Node) {
		switch n := n.(type) {
		case Text:
			fits = false
		case Has:
			fits = fits && n.Key.inSummary()
		case Compare:
			fits = fits && n.Key.inSummary()
		}
	})
	return fits
}

// Rewrite returns the query with each comparison replaced by what fn makes of
// it. It is how words that need knowledge from outside, such as assigned:me,
// get their meaning.
func (q Query) Rewrite(fn func(Compare) (Node, error)) (Query, error) {
	if q.Root == nil {
		return q, nil
	}
	root, err := rewrite(q.Root, fn)
	if err != nil {
		return Query{}, err
	}
	return Query{Root: root}, nil
}

func rewrite(n Node, fn func(Compare) (Node, error)) (Node, error) {
	switch n := n.(type) {
	case And:
		return rewriteAll(n, fn, conjunction)
	case Or:
		return rewriteAll(n, fn, disjunction)
	case Not:
		inner, err := rewrite(n.Node, fn)
		if err != nil {
			return nil, err
		}
		return negation(inner), nil
	case Compare:
		return fn(n)
	}
	return n, nil
}

func rewriteAll(nodes []Node, fn func(Compare) (Node, error), join func([]Node) Node) (Node, error) {
	out := make([]Node, len(nodes))
	for i := range nodes {
		var err error
		if out[i], err = rewrite(nodes[i], fn); err != nil {
			return nil, err
		}
	}
	return join(out), nil
}

func (q Query) walk(fn func(Node)) {
	if q.Root != nil {
		walk(q.Root, fn)
	}
}

func walk(n Node, fn func(Node)) {
	fn(n)
	switch n := n.(type) {
	case And:
		for _, m := range n {
			walk(m, fn)
		}
	case Or:
		for _, m := range n {
			walk(m, fn)
		}
	case Not:
		walk(n.Node, fn)
	}
}
