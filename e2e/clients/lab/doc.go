// Package lab is where programs of others meet Faultline: it installs them once into a
// cache, gives each a project of its own on a server that they share, and asks REST what
// the dashboard would show. It knows no protocol.
package lab
