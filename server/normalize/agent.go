package normalize

import (
	"slices"
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// agent adds what a browser says of itself in its User-Agent: the contexts browser and
// os, where the SDK did not send them.
func agent(e *event.Event) {
	if e.Platform != "javascript" {
		return
	}
	i := slices.IndexFunc(e.Request.Headers, func(h event.Tag) bool { return strings.EqualFold(h.Key, "User-Agent") })
	if i < 0 {
		return
	}
	text := e.Request.Headers[i].Value
	name, version := browserOf(text)
	addContext(e, "browser", name, version)
	name, version = systemOf(text)
	addContext(e, "os", name, version)
}

func addContext(e *event.Event, kind, name, version string) {
	if name == "" || slices.ContainsFunc(e.Contexts, func(c event.Context) bool { return c.Name == kind }) {
		return
	}
	data := `{"name":` + strconv.Quote(name)
	if version != "" {
		data += `,"version":` + strconv.Quote(version)
	}
	e.Contexts = append(e.Contexts, event.Context{Name: kind, Data: event.Object(data + "}")})
}

// browsers are the marks of browsers. Those come first whose User-Agent has the marks of
// others, too.
var browsers = []struct{ mark, name string }{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"Edge/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"YaBrowser/", "Yandex Browser"},
	{"Vivaldi/", "Vivaldi"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"},
	{"MSIE ", "Internet Explorer"}, {"Trident/", "Internet Explorer"},
}

func browserOf(text string) (name, version string) {
	for _, b := range browsers {
		_, rest, found := strings.Cut(text, b.mark)
		if !found {
			continue
		}
		if b.mark == "Trident/" {
			_, rest, _ = strings.Cut(rest, "rv:")
		}
		return b.name, numbers(rest, '.')
	}
	if strings.Contains(text, "Safari/") {
		_, rest, _ := strings.Cut(text, "Version/")
		return "Safari", numbers(rest, '.')
	}
	return "", ""
}

// systemOf is the system that a User-Agent names. Since years, browsers freeze the
// versions of Windows at 10 and of macOS at 10.15.7; what is frozen is not told.
func systemOf(text string) (name, version string) {
	for _, s := range [...]struct{ mark, name string }{{"Windows NT ", "Windows"}, {"Android ", "Android"}, {"iPhone OS ", "iOS"}, {"CPU OS ", "iPadOS"}, {"Mac OS X ", "macOS"}, {"CrOS ", "ChromeOS"}, {"Linux", "Linux"}} {
		_, rest, found := strings.Cut(text, s.mark)
		if !found {
			continue
		}
		switch s.name {
		case "Linux", "ChromeOS":
			return s.name, ""
		case "iOS", "iPadOS", "macOS":
			version = strings.ReplaceAll(numbers(rest, '_'), "_", ".")
		default:
			version = numbers(rest, '.')
		}
		if s.name == "Windows" && version == "10.0" || version == "10.15.7" {
			version = ""
		}
		return s.name, version
	}
	return "", ""
}

// numbers is the version at the beginning of a text.
func numbers(s string, between byte) string {
	end := 0
	for end < len(s) && end < 40 && (s[end] >= '0' && s[end] <= '9' || s[end] == between || s[end] == '.') {
		end++
	}
	return strings.Trim(s[:end], "._")
}
