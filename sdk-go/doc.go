// Package faultline reports errors, panics and messages of a Go program to a
// Faultline server.
//
//	err := faultline.Init(faultline.ClientOptions{Dsn: "https://KEY@faultline.example.com/1"})
//	...
//	defer faultline.Flush(2 * time.Second)
//	...
//	faultline.CaptureException(err)
//
// Its shape is that of Sentry's Go SDK: a Client sends, a Scope holds what is
// known about the surroundings, a Hub joins the two and travels in a context.
//
// The package refuses to disturb the program that uses it: it does not block
// those who capture, does not panic, does not print, does not grow beyond its
// limits, and counts and reports every event that it had to give up.
package faultline
