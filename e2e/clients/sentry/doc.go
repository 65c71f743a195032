// Package sentry tests Faultline with Sentry's own SDKs, unchanged: the same shop goes
// wrong in JavaScript, Python, Go, Java and Rust and in a page in Chromium, and REST must
// show what happened. Their versions stand in the lock files of the folders beside this
// file; Maven has none, pom.xml pins them.
package sentry
