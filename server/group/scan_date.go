package group

import "strings"

// dateLen recognises, after n digits, 2006-01-02, 2006/01/02 and 20060102T150405, with an optional
// time, fraction and zone, and dates with the name of a month that begin with the day.
func dateLen(s string, n int) int {
	switch {
	case n == 4 && len(s) >= 10 && (s[4] == '-' || s[4] == '/' || s[4] == '.') && digits(s[5:]) == 2 && s[7] == s[4] && digits(s[8:]) >= 2:
		if n := 10 + timeAfter(s[10:]); endsWord(s, n) {
			return n
		}
		return 0
	case n == 2 && len(s) >= 10 && (s[2] == '.' || s[2] == '/') && digits(s[3:]) == 2 && s[5] == s[2] && digits(s[6:]) == 4:
		if n := 10 + timeAfter(s[10:]); endsWord(s, n) {
			return n
		}
		return 0
	case n == 8 && len(s) >= 15 && (s[8] == 'T' || s[8] == 't') && digits(s[9:]) == 6:
		end := 15
		if end < len(s) && s[end]|0x20 == 'z' {
			end++
		}
		if endsWord(s, end) {
			return end
		}
		return 0
	case n <= 2 && n+4 < len(s) && strings.IndexByte(" -/", s[n]) >= 0 && isLetter(s[n+1]):
		return textDateLen(s)
	}
	return 0
}

// timeAfter measures a time that follows a date after T, a space, a comma or a colon.
func timeAfter(s string) int {
	if len(s) < 6 {
		return 0
	}
	skip := 1
	if s[0] == ',' && s[1] == ' ' {
		skip = 2
	} else if strings.IndexByte("Tt :", s[0]) < 0 {
		return 0
	}
	if n := timeLen(s[skip:]); n > 0 {
		return skip + n
	}
	return 0
}

// timeLen recognises 15:04 and 15:04:05, with an optional fraction and zone.
func timeLen(s string) int {
	if len(s) < 5 || digits(s[:2]) != 2 || s[2] != ':' || digits(s[3:5]) != 2 {
		return 0
	}
	end := 5
	if len(s) >= 8 && s[5] == ':' && digits(s[6:8]) == 2 {
		end = 8
		if len(s) > 9 && (s[8] == '.' || s[8] == ',') {
			if n := digits(s[9:]); n > 0 {
				end = 9 + n
			}
		}
	}
	if n := zoneLen(s[end:]); n > 0 && endsWord(s, end+n) {
		return end + n
	}
	if !endsWord(s, end) || end+1 < len(s) && s[end] == ':' && isDigit(s[end+1]) {
		return 0
	}
	return end
}

// zoneLen recognises Z, +02:00, +0200, and the names of zones after a space.
func zoneLen(s string) int {
	if s == "" {
		return 0
	}
	if s[0]|0x20 == 'z' {
		return 1
	}
	n := 0
	if s[0] == ' ' {
		n = 1
	}
	rest := s[n:]
	if len(rest) >= 5 && (rest[0] == '+' || rest[0] == '-') {
		if digits(rest[1:]) == 4 {
			return n + 5
		}
		if len(rest) >= 6 && digits(rest[1:3]) == 2 && rest[3] == ':' && digits(rest[4:6]) == 2 {
			return n + 6
		}
	}
	if n == 1 {
		for _, zone := range [...]string{"UTC", "GMT", "CET", "CEST", "EST", "EDT", "PST", "PDT"} {
			if strings.HasPrefix(rest, zone) && endsWord(rest, len(zone)) {
				return n + len(zone)
			}
		}
	}
	return 0
}

// dateWord reports whether a word begins a date: a day of the week or a month.
func dateWord(s string) bool {
	s = strings.TrimSuffix(s, ",")
	return len(s) >= 3 && len(s) <= 9 && s[0] >= 'A' && s[0] <= 'Z' && (monthLen(s) == len(s) || weekdayLen(s) == len(s))
}

// textDateLen recognises dates with the name of a month:
//
//	Mon, 02 Jan 2006 15:04:05 GMT   02/Jan/2006:15:04:05 +0000   Jan 2 15:04:05   January 2, 2006
func textDateLen(s string) int {
	end := 0
	if n := weekdayLen(s); n > 0 {
		end = n
		if end < len(s) && s[end] == ',' {
			end++
		}
		if end >= len(s) || s[end] != ' ' {
			return 0
		}
		end++
	}
	numbers := 0
	if n := digits(s[end:]); n > 0 && n <= 2 && end+n < len(s) && strings.IndexByte(" -/", s[end+n]) >= 0 {
		end += n + 1
		numbers++
	}
	month := monthLen(s[end:])
	if month == 0 {
		return 0
	}
	end += month
	for numbers < 2 && end+1 < len(s) {
		skip := 1
		if s[end] == ',' || s[end] == ' ' && s[end+1] == ' ' {
			skip = 2
		} else if strings.IndexByte(" -/", s[end]) < 0 {
			break
		}
		if end+skip >= len(s) {
			break
		}
		n := digits(s[end+skip:])
		if n == 0 || n > 4 || n == 3 || !endsWord(s, end+skip+n) || end+skip+n < len(s) && s[end+skip+n] == ':' && n < 4 {
			break
		}
		end += skip + n
		numbers++
	}
	if numbers == 0 {
		return 0
	}
	if n := timeAfter(s[end:]); n > 0 {
		end += n
		if end+5 <= len(s) && s[end] == ' ' && digits(s[end+1:]) == 4 && endsWord(s, end+5) && numbers == 1 { // Wed Apr 17 22:31:45 2019
			end += 5
		}
	}
	return end
}

func monthLen(s string) int {
	if len(s) < 3 || classes[s[0]]&begins == 0 {
		return 0
	}
	full := ""
	switch s[:3] {
	case "Jan":
		full = "uary"
	case "Feb":
		full = "ruary"
	case "Mar":
		full = "ch"
	case "Apr":
		full = "il"
	case "Jun":
		full = "e"
	case "Jul":
		full = "y"
	case "Aug":
		full = "ust"
	case "Sep":
		full = "tember"
	case "Oct":
		full = "ober"
	case "Nov", "Dec":
		full = "ember"
	case "May":
	default:
		return 0
	}
	return nameLen(s, full)
}

func weekdayLen(s string) int {
	if len(s) < 3 || classes[s[0]]&begins == 0 {
		return 0
	}
	full := ""
	switch s[:3] {
	case "Mon", "Fri", "Sun":
		full = "day"
	case "Tue":
		full = "sday"
	case "Wed":
		full = "nesday"
	case "Thu":
		full = "rsday"
	case "Sat":
		full = "urday"
	default:
		return 0
	}
	return nameLen(s, full)
}

// nameLen measures a name that is written with three letters, or in full.
func nameLen(s, full string) int {
	if n := 3 + len(full); strings.HasPrefix(s[3:], full) && endsWord(s, n) {
		return n
	}
	if endsWord(s, 3) {
		return 3
	}
	return 0
}
