// Package torture kills, stops, cuts off and misleads a running product while
// clients send to it, and then looks whether what was promised was kept: every
// acknowledged event is there exactly once, roll-ups and outcomes agree with the
// rows, every fingerprint has its issue, and every alert went out once. A round
// follows from its seed alone. It refuses to look inside the server: what it does to
// it, an operator's bad day can do too.
package torture
