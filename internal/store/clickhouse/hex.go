package clickhouse

import (
	"encoding/hex"
	"fmt"
)

// fromHex fills the target with the bytes that the text spells.
func fromHex(to []byte, text string) error {
	if len(text) != 2*len(to) {
		return fmt.Errorf("%q does not spell %d bytes", text, len(to))
	}
	_, err := hex.Decode(to, []byte(text))
	return err
}
