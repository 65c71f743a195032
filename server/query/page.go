package query

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

// The sizes of a page.
const (
	defaultPage = 50
	maxPage     = 200
	maxOffset   = 100_000
)

// Page asks for one page of a list.
type Page struct {
	Size  int    // 0: 50; at most 200
	Token string // from the page before; empty: the first page
}

func (p Page) size() (int, error) {
	switch {
	case p.Size < 0:
		return 0, invalid("page_size is %d; give 1 to %d", p.Size, maxPage)
	case p.Size == 0:
		return defaultPage, nil
	}
	return min(p.Size, maxPage), nil
}

// position is where a list goes on. The end of the time range stays that of the
// first page, so that what arrives between two pages moves nothing.
type position struct {
	end    time.Time
	offset int         // of lists that are counted through
	before view.Cursor // of lists of events
}

// A token is 8 bytes of checksum, then end, offset and cursor. The checksum
// covers the question too, so that a token cannot be used for another one. It is no
// secret: a forged token reaches nothing that its bearer could not ask for.
const tokenSize = 8 + 8 + 4 + 8 + 16

// token prints a position of the list that a question gives.
func (p position) token(question string) string {
	b := make([]byte, 8, tokenSize)
	b = binary.BigEndian.AppendUint64(b, uint64(p.end.UnixMilli()))
	b = binary.BigEndian.AppendUint32(b, uint32(p.offset))
	b = binary.BigEndian.AppendUint64(b, uint64(p.before.Timestamp.UnixMilli()))
	b = append(b, p.before.EventID[:]...)
	return seal(b, question)
}

// seal puts the checksum into the first 8 bytes of a token, and prints it.
func seal(b []byte, question string) string {
	binary.BigEndian.PutUint64(b, checksum(question, b[8:]))
	return base64.RawURLEncoding.EncodeToString(b)
}

// unseal reads what seal printed for the same question.
func unseal(token, question string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 8 || binary.BigEndian.Uint64(b) != checksum(question, b[8:]) {
		return nil, errToken
	}
	return b, nil
}

// position reads the token of a page; found is false on the first page.
func (p Page) position(question string) (pos position, found bool, err error) {
	if p.Token == "" {
		return position{}, false, nil
	}
	if len(p.Token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return position{}, false, errToken
	}
	b, err := unseal(p.Token, question)
	if err != nil {
		return position{}, false, err
	}
	pos.end = time.UnixMilli(int64(binary.BigEndian.Uint64(b[8:]))).UTC()
	pos.offset = int(binary.BigEndian.Uint32(b[16:]))
	pos.before = view.Cursor{Timestamp: time.UnixMilli(int64(binary.BigEndian.Uint64(b[20:]))).UTC(), EventID: event.ID(b[28:])}
	if pos.offset > maxOffset {
		return position{}, false, errDeep
	}
	return pos, true, nil
}

var (
	errToken = invalid("page_token is not one that this list gave for these parameters; start again without it")
	errDeep  = invalid("a list is paged through up to %d entries; narrow the query or the time range", maxOffset)
)

func checksum(question string, b []byte) uint64 {
	return xxh3.HashSeed(b, xxh3.HashString(question))
}

// question names a list by everything that decides what is in it.
func question(parts ...any) string { return fmt.Sprintf("%#v", parts) }
