// Package rules reads the grouping rules of a project, in the syntax that users
// of Sentry know, and matches them against events.
//
// There are two languages. A fingerprint rule says which events are one issue:
//
//	error.type:DatabaseUnavailable -> system-down
//	stack.function:connect message:"timeout *" -> {{ default }}, {{ tags.region }} title="Cannot reach {{ tags.region }}"
//
// A stack-trace rule says which frames are the program's own and which count:
//
//	family:javascript stack.abs_path:**/vendor/** -app
//	stack.function:myapp::MainLoop v-group -group
//	[ category:telemetry ] | app:yes -group
//
// It refuses what it does not understand, with the line and the column, rather
// than to guess; and it decides nothing about fingerprints itself.
package rules

import (
	"errors"
	"fmt"
	"strings"
)

// The limits of a text of rules.
const (
	MaxText    = 64 << 10 // bytes
	MaxRules   = 500
	MaxPattern = 512 // bytes of one pattern
)

// maxErrors bounds what is told of one text.
const maxErrors = 20

// Error says what is wrong at one place of a text.
type Error struct {
	Line    int // from 1
	Column  int // from 1, in characters
	Problem string
}

// Error names the line and the column.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// Errors is all that is wrong with a text, in its order.
type Errors []*Error

// Error names each line and column.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i := range e {
		texts[i] = e[i].Error()
	}
	return strings.Join(texts, "; ")
}

// Mistakes is all that is wrong with the rules of a project.
type Mistakes struct {
	Fingerprints Errors
	Stacks       Errors
}

// Error names the text, the line and the column of each.
func (m *Mistakes) Error() string {
	var texts []string
	if len(m.Fingerprints) > 0 {
		texts = append(texts, "fingerprint rules: "+m.Fingerprints.Error())
	}
	if len(m.Stacks) > 0 {
		texts = append(texts, "stack-trace rules: "+m.Stacks.Error())
	}
	return strings.Join(texts, "; ")
}

// Check reads the rules of a project, nil for none, and returns what is wrong with them as
// *Mistakes.
func Check(fingerprints, stacks *string) error {
	var m Mistakes
	if fingerprints != nil {
		_, err := ParseFingerprints(*fingerprints)
		errors.As(err, &m.Fingerprints)
	}
	if stacks != nil {
		_, err := ParseStacks(*stacks)
		errors.As(err, &m.Stacks)
	}
	if len(m.Fingerprints)+len(m.Stacks) > 0 {
		return &m
	}
	return nil
}

// each calls read for every line that holds a rule, and collects what is wrong.
func each(text string, read func(l *line) error) error {
	if len(text) > MaxText {
		return Errors{{Line: 1, Column: 1, Problem: fmt.Sprintf("the rules are %d bytes long; at most %d are read", len(text), MaxText)}}
	}
	var wrong Errors
	number, count := 0, 0
	for s := range strings.Lines(text) {
		number++
		l := &line{text: strings.TrimRight(s, "\r\n"), number: number}
		l.space()
		if l.done() || l.peek() == '#' {
			continue
		}
		if count++; count > MaxRules {
			wrong = append(wrong, l.problem(l.at, "there are more than %d rules", MaxRules))
			break
		}
		if err := read(l); err != nil {
			if e, ok := err.(*Error); ok {
				wrong = append(wrong, e)
			}
			if len(wrong) == maxErrors {
				break
			}
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}
