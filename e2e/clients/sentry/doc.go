// Package sentry tests Faultline with Sentry's own SDKs, unchanged: the same shop goes
// wrong in JavaScript, Python and Go, and REST must show what happened. Their versions
// stand in node7 and node11 (package-lock.json), python/requirements.txt and go/go.mod.
package sentry
