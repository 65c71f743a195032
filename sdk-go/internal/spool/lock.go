package spool

import (
	"errors"
	"fmt"
	"os"
)

// errLocked means that a living program holds the lock.
var errLocked = errors.New("held by another program")

// acquire opens and locks a file. A file that its owner removed in between is
// of no use as a lock and counts as held.
func acquire(path string) (*os.File, error) {
	f, err := openLocked(path)
	if err != nil {
		return nil, err
	}
	held, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("look at lock: %w", err)
	}
	named, err := os.Stat(path)
	if err != nil || !os.SameFile(held, named) {
		f.Close()
		return nil, errLocked
	}
	return f, nil
}
