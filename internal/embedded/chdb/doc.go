// Package chdb runs a ClickHouse engine inside this process and serves it over the
// part of the ClickHouse HTTP interface that clickhouse-go speaks.
//
// The engine is the shared library libchdb, loaded at run time without cgo. Because a
// fault in it takes the whole process along, [Serve] is meant to be the only thing its
// process does: Faultline starts it as a child (see the embedded package) and talks to
// it exactly as it would to a ClickHouse server.
//
// Two things differ from a server, both in the library: an answer without rows has no
// columns either, and statements that a server would refuse for want of rights (reading a
// file, say) are allowed, so what users write must run with readonly=1.
//
// The package refuses to open a second data folder in one process, to run statements
// that would stop the engine under its clients (SYSTEM SHUTDOWN and its like), to listen
// on anything but a loopback address, a unix socket or a listener handed down by the
// parent, and to answer anybody who does not present the secret of this start.
package chdb
