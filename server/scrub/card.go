package scrub

// cardLen recognises the number of a payment card: 13 to 19 digits in one piece, or in
// the groups in which cards show them, that begin like a card and pass the Luhn check.
func cardLen(s string) int {
	var digits [19]byte
	var group, groups int
	n, i := 0, 0
	for i < len(s) && n < len(digits) {
		c := s[i]
		if c >= '0' && c <= '9' {
			digits[n] = c - '0'
			n++
			group++
			i++
			continue
		}
		if c != ' ' && c != '-' || !cardGroup(group, groups) || i+1 >= len(s) || s[i+1] < '0' || s[i+1] > '9' {
			break
		}
		if n == 16 && groups == 3 {
			break // another number follows
		}
		group, groups = 0, groups+1
		i++
	}
	if n < 13 || i < len(s) && wordByte(s[i]) || !issued(digits[:n]) || !luhn(digits[:n]) {
		return 0
	}
	return i
}

// cardGroup tells whether so many digits may stand before a gap: groups of four, or of
// four and six.
func cardGroup(group, groups int) bool { return group == 4 || group == 6 && groups == 1 }

// issued tells whether cards with these digits are issued: by the length and the first
// digits of each network.
func issued(d []byte) bool {
	two := int(d[0])*10 + int(d[1])
	switch len(d) {
	case 13:
		return d[0] == 4
	case 14:
		return two == 30 || two == 36 || two == 38 || two == 39
	case 15:
		return two == 34 || two == 37
	case 16:
		return d[0] >= 4 && d[0] <= 6 || two == 35 || two >= 22 && two <= 27
	case 19:
		return d[0] == 4 || d[0] == 6
	}
	return d[0] == 6
}

func luhn(d []byte) bool {
	sum := 0
	for k := range d {
		v := int(d[len(d)-1-k])
		if k%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
