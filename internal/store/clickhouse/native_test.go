package clickhouse

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/ClickHouse/ch-go/proto"
)

func TestNativeReaderGivesTheWholeBlock(t *testing.T) {
	t.Parallel()
	b := newBlock(nil)
	for _, o := range typicalEvents(300, 1) {
		b.Append(o)
	}
	b.arrange("x")
	var want proto.Buffer
	rows := proto.Block{Rows: 300, Columns: len(b.input)}
	if err := rows.EncodeRawBlock(&want, 0, b.input); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "in halves": iotest.HalfReader, "bytewise": iotest.OneByteReader} {
		got, err := io.ReadAll(read(newNativeReader(b.input, new(proto.Buffer))))
		if err != nil || !bytes.Equal(got, want.Buf) {
			t.Errorf("%s: %d bytes (%v), want %d", name, len(got), err, len(want.Buf))
		}
	}
}

func TestNativeReaderRefuses(t *testing.T) {
	t.Parallel()
	b := newBlock(nil)
	b.projectID.append(1)
	b.rows = append(b.rows, 0)
	if _, err := io.ReadAll(newNativeReader(b.input, new(proto.Buffer))); err == nil {
		t.Error("columns of different lengths were encoded")
	}
	b.reset()
	r := newNativeReader(b.input, new(proto.Buffer))
	r.stop()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("a reader that was stopped goes on")
	}
}
