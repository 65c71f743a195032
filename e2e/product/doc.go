// Package product tests the whole product from outside: the binary as people
// start it, real clients, real kills. It knows only what is documented: the
// command line, the environment, REST and the SDK.
package product
