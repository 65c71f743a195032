package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/faultline-dev/faultline/server/admin"
)

// welcome prints what only the first start knows: how to get in and how to send a
// first error. It prints nothing at any later start.
func welcome(w io.Writer, baseURL string, first admin.FirstRun) {
	if !first.Created {
		return
	}
	scheme, host, _ := strings.Cut(baseURL, "://")
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", name, value)
		}
	}
	b.WriteString("\nFaultline runs. This is shown once; keep it.\n\n")
	line("Dashboard", baseURL)
	if first.Password != "" {
		line("Sign in", first.Email+"  "+first.Password)
	}
	if first.Key != "" {
		dsn := fmt.Sprintf("%s://%s@%s/%d", scheme, first.Key, host, first.ProjectID)
		line("DSN", dsn)
		line("API key", first.APIKey)
		line("Token", first.Token)
		fmt.Fprintf(&b, "\nSend a first error:\n\n  %s send --dsn %s --message 'Hello, Faultline' --level error\n", executable(), dsn)
	}
	b.WriteString("\n")
	io.WriteString(w, b.String())
}

// executable is how this program was called, so that the printed line works as it
// stands.
func executable() string {
	if strings.Contains(os.Args[0], "faultline") {
		return os.Args[0]
	}
	return "faultline"
}
