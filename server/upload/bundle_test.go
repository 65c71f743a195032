package upload

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func FuzzBundle(f *testing.F) {
	var b bytes.Buffer
	b.WriteString("SYSB\x02\x00\x00\x00")
	z := zip.NewWriter(&b)
	w, err := z.Create("manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	w.Write([]byte(`{"files":{"a":{"type":"source_map","url":"~/a","headers":{"debug-id":"1"}}}}`))
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[8:])
	f.Add([]byte("SYSB"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "bundle")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := openBundle(file)
		if err != nil {
			return
		}
		defer b.close()
		if _, files, err := b.files(); err == nil {
			for _, f := range files {
				b.read(f.Path, 1<<20)
			}
		}
	})
}
