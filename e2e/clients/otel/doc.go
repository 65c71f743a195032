// Package otel tests Faultline with OpenTelemetry's own SDKs, unchanged: programs in Go,
// Python, JavaScript and Java go wrong and send their traces and logs over gRPC and HTTP, and
// REST must show what happened. Their versions stand in go/go.mod, python/requirements.txt,
// js/package-lock.json and java/pom.xml.
package otel
