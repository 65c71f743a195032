// Package clickhouse keeps events, their roll-ups and outcomes in ClickHouse, the
// embedded engine or a server, and answers every question about them. An event is stored
// whole, in columns, and comes back exactly as it was.
//
// It refuses to know the workflow: what it holds of an issue's state is a mirror that the
// meta store's owner writes. It never decides what is stored, and it puts no text of a
// user into a statement: values are bound, names come from a list.
package clickhouse
