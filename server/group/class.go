package group

// class is what a byte may be part of.
type class uint32

const (
	digit class = 1 << iota
	hexes       // digits and a to f
	lower
	upper
	under // _ and all that is not ASCII: part of a word
	space
	inWord    // any of word
	mark      // begins or joins something that varies: @ : = / \ " ' ` <
	at        // @, without which there is no e-mail address
	colon     // :
	capitalJ  // J, without which there is no JSON web token
	begins    // the first letter of a month or of a day of the week
	goesOn    // a number may go on with it
	leads     // stands between a word and its value
	urlEnds   // ends a URL
	pathEnds  // ends a path
	inName    // may stand in a quoted name
	inQuotes  // may stand in quotes as old programs write them
	inMailbox // may stand before the @ of an e-mail address
	inDomain  // may stand behind it
	codeEnds  // the last letter of a word that codes follow
	signs     // what may begin something that varies and is not a word: a mark, + or -

	word   = digit | lower | upper | under
	varies = digit | mark | upper // what nothing varies without
)

// classes says of every byte what it may be part of.
var classes = func() (t [256]class) {
	for c := range 256 {
		switch b := byte(c); {
		case isDigit(b):
			t[c] = digit
		case b >= 'a' && b <= 'z':
			t[c] = lower
		case b >= 'A' && b <= 'Z':
			t[c] = upper
		case b == '_' || b >= 0x80:
			t[c] = under
		case b <= ' ':
			t[c] = space | urlEnds | pathEnds
		}
		if hexDigit(byte(c)) {
			t[c] |= hexes
		}
		if t[c]&word != 0 {
			t[c] |= goesOn | inQuotes | inWord
		}
		if t[c]&(lower|upper) != 0 || c >= 0x80 {
			t[c] |= inName
		}
		if t[c]&(lower|upper|digit) != 0 {
			t[c] |= inMailbox | inDomain
		}
	}
	for _, s := range [...]struct {
		of    class
		bytes string
	}{
		{signs, `@:=/\"'+-` + "`<"},
		{mark, `@:=/\"'` + "`<"},
		{at, "@"},
		{colon, ":"},
		{capitalJ, "J"},
		{begins, "JFMASONDTW"},
		{goesOn, ".,:-/ <"},
		{leads, " :=([#-/\t"},
		{urlEnds, "\"'<>`"},
		{pathEnds, "\"'`<>|,;:*()[]{}="},
		{inName, "_-.$:#+"},
		{inQuotes, "?!=.:#<>[]@$-/"},
		{inMailbox, "._%+-"},
		{inDomain, ".-"},
		{codeEnds, "seoltarpSEOLTARP"},
	} {
		for i := range len(s.bytes) {
			t[s.bytes[i]] |= s.of
		}
	}
	return t
}()

func isDigit(c byte) bool  { return c-'0' <= 9 }
func isLetter(c byte) bool { return c|0x20-'a' <= 'z'-'a' }
func hexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
func wordByte(c byte) bool { return classes[c]&word != 0 }

// span counts the bytes at the start of s that are of a class.
func span(s string, of class) int {
	n := 0
	for n < len(s) && classes[s[n]]&of != 0 {
		n++
	}
	return n
}

// spanTo counts the bytes at the start of s that are not of a class.
func spanTo(s string, of class) int {
	n := 0
	for n < len(s) && classes[s[n]]&of == 0 {
		n++
	}
	return n
}

// Eight bytes at once, for toVarying.
const (
	spaces   = 0x2020202020202020
	low5     = 0x1f1f1f1f1f1f1f1f
	outside  = 0xa0a0a0a0a0a0a0a0
	eachBit5 = 0x2020202020202020
)

// toVarying returns the place of the first byte from i on that nothing varies without. Small
// letters and spaces are skipped eight at a time: with the bit of a space turned over, a space
// is 0 and a letter has bit 6, not bit 5, and something in the five below.
func toVarying(s string, i int) int {
	for i < len(s) {
		for i+8 <= len(s) {
			b := s[i : i+8]
			x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
				uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
			x ^= spaces
			if x&outside|((x&low5+low5)^x>>1)&eachBit5 != 0 {
				break
			}
			i += 8
		}
		for end := min(i+8, len(s)); i < end; i++ {
			if classes[s[i]]&varies != 0 {
				return i
			}
		}
	}
	return len(s)
}
