package meta

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/faultline-dev/faultline/internal/event"
)

// micros is how a time is stored; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// scanFunc reads one column.
type scanFunc func(any) error

// Scan implements sql.Scanner.
func (f scanFunc) Scan(v any) error { return f(v) }

func intoTime(t *time.Time) sql.Scanner {
	return scanFunc(func(v any) error {
		us, ok := v.(int64)
		if !ok {
			return fmt.Errorf("read a time from %T", v)
		}
		*t = fromMicros(us)
		return nil
	})
}

func intoFingerprint(f *event.Fingerprint) sql.Scanner {
	return scanFunc(func(v any) (err error) {
		text, err := textOf(v)
		if err != nil {
			return err
		}
		*f, err = event.ParseFingerprint(text)
		return err
	})
}

func intoJSON(p any) sql.Scanner {
	return scanFunc(func(v any) error {
		text, err := textOf(v)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), p)
	})
}

func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("read a text from %T", v)
}

// jsonText is how lists and structs are stored.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v, json.FormatNilSliceAsNull(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return "", fmt.Errorf("write %T as JSON: %w", v, err)
	}
	return string(b), nil
}

// clean removes what PostgreSQL refuses in a text: the zero character and
// invalid UTF-8. An event's title may hold either, and must not stop an issue.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// newID is an identity that sorts by time of making, and is larger than all that this
// process made before: a UUID of version 7 in 32 hexadecimal digits.
func newID() string {
	id := uuid.Must(uuid.NewV7())
	return hex.EncodeToString(id[:])
}

// placeholders is "$from, $from+1, ..." for n values.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}
