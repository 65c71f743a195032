// Package overload offers a product ten times what it can store, and does to its
// listeners what nobody should: it checks that what is served stays served, that everybody
// has a share, that limits hold and that the product says which.
package overload
