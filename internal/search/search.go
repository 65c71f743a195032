// Package search is the query language of the search box, the live tail,
// filters and alert rules.
package search

// Query is a parsed query.
type Query struct{}
