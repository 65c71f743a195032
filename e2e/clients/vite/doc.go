// Package vite tests Faultline with Vite and Sentry's plugin for it: the plugin uploads the
// source maps of a page, the page goes wrong in Chromium, and REST must show the lines
// that were written. Versions stand in package-lock.json.
package vite
