// Package otel tests Faultline with OpenTelemetry's own SDKs, unchanged: programs in Go,
// Python and JavaScript go wrong and send their traces and logs over gRPC and HTTP, and
// REST must show what happened. Their versions stand in go/go.mod, python/requirements.txt
// and js/package-lock.json.
package otel
