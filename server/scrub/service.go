package scrub

import "strings"

// servicePrefixes begin the keys of clouds and services, which are made so that they are
// recognised. least is how many bytes such a key has at least.
var servicePrefixes = [...]struct {
	prefix string
	least  int
}{
	{"ghp_", 20}, {"gho_", 20}, {"ghu_", 20}, {"ghs_", 20}, {"ghr_", 20}, {"github_pat_", 30}, {"glpat-", 20}, {"npm_", 30}, {"pypi-", 40},
	{"sk_live_", 20}, {"sk_test_", 20}, {"rk_live_", 20}, {"rk_test_", 20}, {"whsec_", 24}, {"xoxb-", 20}, {"xoxp-", 20}, {"xoxa-", 20}, {"xoxr-", 20}, {"xoxs-", 20}, {"xapp-", 20},
	{"AIza", 35}, {"ya29.", 30}, {"SG.", 40}, {"sk-", 32}, {"shpat_", 30}, {"dop_v1_", 30}, {"hvs.", 24}, {"sntrys_", 24}, {"sntryu_", 24}, {"flt_", 40}, {"lin_api_", 30}, {"dckr_pat_", 24},
}

// serviceKey is the length of the service's key that a text begins with, 0 for none.
func serviceKey(s string) int {
	if !heads[s[0]] {
		return 0
	}
	for i := range servicePrefixes {
		p := &servicePrefixes[i]
		if s[0] == p.prefix[0] && strings.HasPrefix(s, p.prefix) {
			if n := span(s, keyTextByte); n >= p.least {
				return n
			}
		}
	}
	return 0
}

// endsPrefix tells whether a text ends at i with such a beginning.
func endsPrefix(s string, i int) bool {
	if i < 2 || tails[s[i-1]]&1 == 0 || tails[s[i-2]]&2 == 0 {
		return false
	}
	head := s[max(0, i-11) : i+1]
	for k := range servicePrefixes {
		if strings.HasSuffix(head, servicePrefixes[k].prefix) {
			return true
		}
	}
	return false
}

// heads are the first bytes of the beginnings.
var heads = func() (table [256]bool) {
	for i := range servicePrefixes {
		table[servicePrefixes[i].prefix[0]] = true
	}
	return table
}()

// tails tells of a byte whether it stands last but one (1) or last but two (2) in one of
// the beginnings: a quick no for most.
var tails = func() (table [256]uint8) {
	for i := range servicePrefixes {
		p := servicePrefixes[i].prefix
		table[p[len(p)-2]] |= 1
		table[p[len(p)-3]] |= 2
	}
	return table
}()

func keyTextByte(c byte) bool { return wordByte(c) || c == '-' || c == '.' }
