package sentry

import (
	"encoding/json"
	"strings"
)

// quote is a string as JSON.
func quote(s string) string {
	text, err := json.Marshal(strings.ToValidUTF8(s, "\ufffd"))
	if err != nil {
		return `""`
	}
	return string(text)
}
