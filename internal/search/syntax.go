package search

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrSyntax is wrapped by every error of Parse.
var ErrSyntax = errors.New("invalid query")

// The limits of a query, wrapped by a *SyntaxError.
var (
	ErrTooLong       = fmt.Errorf("a query holds at most %d bytes", MaxLength)
	ErrTooDeep       = fmt.Errorf("parentheses stand at most %d deep", MaxDepth)
	ErrTooManyTerms  = fmt.Errorf("a query holds at most %d terms", MaxTerms)
	ErrTooManyValues = fmt.Errorf("a list holds at most %d values", MaxList)
	ErrTooManyWords  = fmt.Errorf("free text holds at most %d words", MaxWords)
)

// SyntaxError says where a query cannot be understood, and what was expected
// there.
type SyntaxError struct {
	Column   int    // from 1, in characters
	Expected string // what should stand there, or what is wrong
	Limit    error  // one of the limits, if it is about one
}

// Error names the column and what was expected.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: column %d: %s", ErrSyntax, e.Column, e.Expected)
}

// Unwrap makes errors.Is find ErrSyntax and the limit.
func (e *SyntaxError) Unwrap() []error {
	if e.Limit != nil {
		return []error{ErrSyntax, e.Limit}
	}
	return []error{ErrSyntax}
}

// fail makes the error for a byte offset of the text.
func fail(text string, offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Column: column(text, offset), Expected: fmt.Sprintf(format, args...)}
}

func failLimit(text string, offset int, limit error) *SyntaxError {
	return &SyntaxError{Column: column(text, offset), Expected: limit.Error(), Limit: limit}
}

func column(text string, offset int) int {
	return utf8.RuneCountInString(text[:min(offset, len(text))]) + 1
}
