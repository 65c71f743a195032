package chdb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ClickHouse's numbers for the errors this package makes or treats specially.
const (
	codeBadArguments         = 36
	codeUnknownTable         = 60
	codeSyntaxError          = 62
	codeUnknownDatabase      = 81
	codeUnknownSetting       = 115
	codeReadonly             = 164
	codeTooManyQueries       = 202
	codeMemoryLimit          = 241
	codeCannotParse          = 27
	codeUnknownFormat        = 73
	codeAborted              = 236
	codeQueryWasCancelled    = 394
	codeAccessDenied         = 497
	codeAuthenticationFailed = 516
	codeUnknown              = 1002
)

// exception is an error of the engine, or one of ours in its clothes.
type exception struct {
	Code    int
	Message string // everything after "Code: N. "
}

// Error gives the text a ClickHouse server would put in its answer.
func (e *exception) Error() string {
	if strings.HasPrefix(e.Message, "DB::") {
		return fmt.Sprintf("Code: %d. %s", e.Code, e.Message)
	}
	return fmt.Sprintf("Code: %d. DB::Exception: %s", e.Code, e.Message)
}

// refuse makes an exception of our own.
func refuse(code int, format string, args ...any) *exception {
	return &exception{Code: code, Message: fmt.Sprintf(format, args...)}
}

// parseException reads the engine's error text; an empty text is no error.
func parseException(text string) error {
	if text == "" {
		return nil
	}
	text = strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(text, "Code: ")
	if ok {
		number, message, found := strings.Cut(rest, ".")
		if code, err := strconv.Atoi(strings.TrimSpace(number)); found && err == nil && code > 0 {
			return &exception{Code: code, Message: strings.TrimSpace(message)}
		}
	}
	return &exception{Code: codeUnknown, Message: text}
}

// status is the HTTP status a ClickHouse server answers with for the code.
func (e *exception) status() int {
	switch e.Code {
	case codeAuthenticationFailed:
		return http.StatusUnauthorized
	case codeAccessDenied, codeReadonly:
		return http.StatusForbidden
	case codeUnknownTable, codeUnknownDatabase:
		return http.StatusNotFound
	case codeSyntaxError, codeBadArguments, codeUnknownSetting, codeCannotParse, codeUnknownFormat:
		return http.StatusBadRequest
	case codeTooManyQueries, codeAborted:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
