// Package embedded runs what a single machine needs instead of a cluster: a ClickHouse
// engine in a supervised child process, and a NATS server with JetStream inside this one.
//
// It starts, watches and stops them and says how to connect. It refuses to know what is
// stored in them: schema, streams and queries belong to the packages that use them, and
// those use the same clients as for a real cluster.
package embedded
