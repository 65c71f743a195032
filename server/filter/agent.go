package filter

import (
	"bytes"
	"strconv"
	"strings"
)

// crawlerMarks are what the agents of crawlers and monitors have in them, in lower case.
var crawlerMarks = [...]string{
	"spider", "crawler", "slurp", "mediapartners-google", "facebookexternalhit", "meta-externalagent", "ia_archiver", "feedfetcher", "pingdom",
	"statuscake", "site24x7", "aws security scanner", "google-inspectiontool", "google page speed", "lighthouse", "whatsapp/", "headless screenshot", "bytespider",
}

// crawler reports whether an agent is that of a crawler or a monitor: one of the marks,
// or a word that ends with bot.
func crawler(agent string) bool {
	if agent == "" {
		return false
	}
	var lowered [512]byte
	n := min(len(agent), len(lowered))
	for i := range n {
		c := agent[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lowered[i] = c
	}
	s := lowered[:n]
	for rest, at := s, 0; ; {
		i := bytes.Index(rest, []byte("bot"))
		if i < 0 {
			break
		}
		at += i
		end := at + 3
		// A telephone is called Cubot.
		if (end == len(s) || !letter(s[end])) && !(at >= 2 && string(s[at-2:at]) == "cu") {
			return true
		}
		rest, at = s[end:], end
	}
	for _, mark := range crawlerMarks {
		if bytes.Contains(s, []byte(mark)) {
			return true
		}
	}
	return false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// legacyBrowsers are the oldest versions that are not legacy; the first mark that an
// agent has decides, because browsers name those that they resemble as well.
var legacyBrowsers = [...]struct {
	mark string
	from int
}{
	{"MSIE ", 12}, {"Trident/", 8}, {"Opera Mini/", 35}, {"OPR/", 51}, {"Opera/", 51}, {"Edg/", 79}, {"EdgA/", 79}, {"EdgiOS/", 79}, {"Edge/", 79},
	{"SamsungBrowser/", 9}, {"FxiOS/", 67}, {"Firefox/", 67}, {"CriOS/", 63}, {"Chrome/", 63},
}

// legacyBrowser reports whether an agent is that of a browser which nobody fixes errors for.
func legacyBrowser(agent string) bool {
	for _, b := range legacyBrowsers {
		if n, found := versionAfter(agent, b.mark); found {
			return n < b.from
		}
	}
	if !strings.Contains(agent, "Safari/") {
		return false
	}
	if n, found := versionAfter(agent, "Android "); found && n < 5 {
		return true
	}
	n, found := versionAfter(agent, "Version/")
	return found && n < 12
}

// versionAfter is the number after a mark.
func versionAfter(agent, mark string) (int, bool) {
	i := strings.Index(agent, mark)
	if i < 0 {
		return 0, false
	}
	digits := agent[i+len(mark):]
	end := 0
	for end < len(digits) && end < 6 && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(digits[:end])
	return n, err == nil
}
