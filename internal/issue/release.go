package issue

import (
	"cmp"
	"math/big"
	"strings"
)

// releaseBefore reports whether a release is certainly older than another: both are semantic
// versions (of the same package, where they are written package@version), and the first one
// ranks lower. Names without such an order, commit hashes for instance, are never older.
func releaseBefore(a, b string) bool {
	packageA, versionA, okA := splitRelease(a)
	packageB, versionB, okB := splitRelease(b)
	return okA && okB && packageA == packageB && versionA.compare(versionB) < 0
}

// version is a semantic version; numbers of any length and any count of them are allowed.
type version struct {
	numbers []*big.Int
	pre     []string
}

func splitRelease(release string) (name string, v version, ok bool) {
	if i := strings.LastIndexByte(release, '@'); i >= 0 {
		name, release = release[:i], release[i+1:]
	}
	release, _, _ = strings.Cut(strings.TrimPrefix(release, "v"), "+") // build metadata has no rank
	release, pre, tagged := strings.Cut(release, "-")
	if tagged {
		v.pre = strings.Split(pre, ".")
	}
	parts := strings.Split(release, ".")
	if len(parts) < 2 || len(release) > 100 || len(pre) > 100 {
		return "", version{}, false
	}
	for _, part := range parts {
		n, ok := number(part)
		if !ok {
			return "", version{}, false
		}
		v.numbers = append(v.numbers, n)
	}
	return name, v, true
}

// number reads decimal digits and nothing else.
func number(s string) (*big.Int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return nil, false
	}
	return new(big.Int).SetString(s, 10)
}

func (v version) compare(w version) int {
	zero := new(big.Int)
	at := func(numbers []*big.Int, i int) *big.Int {
		if i < len(numbers) {
			return numbers[i]
		}
		return zero
	}
	for i := range max(len(v.numbers), len(w.numbers)) {
		if c := at(v.numbers, i).Cmp(at(w.numbers, i)); c != 0 {
			return c
		}
	}
	return comparePre(v.pre, w.pre)
}

// comparePre ranks pre-releases: none is above any, numbers are below words, and a longer list
// is above its own beginning.
func comparePre(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(b), len(a))
	}
	for i := range min(len(a), len(b)) {
		x, xIsNumber := number(a[i])
		y, yIsNumber := number(b[i])
		var c int
		switch {
		case xIsNumber && yIsNumber:
			c = x.Cmp(y)
		case xIsNumber:
			c = -1
		case yIsNumber:
			c = 1
		default:
			c = cmp.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}
