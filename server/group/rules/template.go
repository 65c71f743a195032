package rules

import "strings"

// Template is text with {{ variables }}.
type Template struct {
	Pieces []Piece
}

// Piece is a text or the name of a variable.
type Piece struct {
	Text     string
	Variable string // empty: Text
}

// Default is the variable that stands for what would decide without the rule.
const Default = "default"

// known reports whether there is a variable of this name.
func known(name string) bool {
	switch name {
	case Default, "transaction", "level", "logger", "release", "environment", "message", "type", "error.type", "value", "error.value", "function", "stack.function",
		"module", "stack.module", "path", "abs_path", "stack.abs_path", "filename", "stack.filename", "package", "stack.package":
		return true
	}
	return len(name) > len("tags.") && strings.HasPrefix(name, "tags.")
}

// readTemplate parts a text into pieces. The position is for what is wrong.
func readTemplate(l *line, at int, s string) (Template, *Error) {
	var t Template
	for s != "" {
		text, rest, found := strings.Cut(s, "{{")
		if text != "" {
			t.Pieces = append(t.Pieces, Piece{Text: text})
		}
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return t, l.problem(at, "{{ is not closed")
		}
		name = strings.TrimSpace(name)
		if !known(name) {
			return t, l.problem(at, "there is no variable %q; there are default, transaction, error.type, error.value, message, level, logger, release, environment, stack.function, stack.module, stack.abs_path, stack.filename, stack.package and tags.NAME", name)
		}
		t.Pieces = append(t.Pieces, Piece{Variable: name})
		s = after
	}
	return t, nil
}

// String prints the template without quotes.
func (t Template) String() string {
	var b strings.Builder
	for _, p := range t.Pieces {
		if p.Variable != "" {
			b.WriteString("{{ " + p.Variable + " }}")
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// IsZero reports whether there is nothing in the template.
func (t Template) IsZero() bool { return len(t.Pieces) == 0 }

// Expand writes the values of variables into the text. Of the variable default
// nothing is written.
func (t Template) Expand(value func(name string) string) string {
	if len(t.Pieces) == 1 && t.Pieces[0].Variable == "" {
		return t.Pieces[0].Text
	}
	var b strings.Builder
	for _, p := range t.Pieces {
		switch p.Variable {
		case "":
			b.WriteString(p.Text)
		case Default:
		default:
			b.WriteString(value(p.Variable))
		}
	}
	return b.String()
}

// HasDefault reports whether the template asks for what would decide without it.
func (t Template) HasDefault() bool {
	for _, p := range t.Pieces {
		if p.Variable == Default {
			return true
		}
	}
	return false
}
