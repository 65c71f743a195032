package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockName is the file in a data folder that its user holds locked.
const lockName = "faultline.lock"

// HeldError says that another process uses the data folder.
type HeldError struct {
	// Dir is the data folder.
	Dir string
	// PID is the process that holds it, 0 if it did not say.
	PID int
	// Address is where that process serves, empty if it did not say.
	Address string
	// Since is when it took the folder.
	Since time.Time
}

// Error names the holder.
func (e *HeldError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	if e.Address != "" {
		who += ", which serves on " + e.Address
	}
	if !e.Since.IsZero() {
		who += ", since " + e.Since.Format(time.RFC3339)
	}
	return fmt.Sprintf("the data folder %s is in use by %s; stop it or choose another folder with --data", e.Dir, who)
}

// holder is what the lock file says about the process that holds it.
type holder struct {
	PID     int       `json:"pid"`
	Address string    `json:"address"`
	Since   time.Time `json:"since"`
}

// LockData takes the data folder for this process, making it if needed, and notes in it
// the address the process serves on. The lock ends with release or with the process,
// however it dies. A folder in use gives a *HeldError.
func LockData(dir, address string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
		}
		held := &HeldError{Dir: dir}
		var h holder
		if json.NewDecoder(file).Decode(&h) == nil {
			held.PID, held.Address, held.Since = h.PID, h.Address, h.Since
		}
		return nil, held
	}
	note, err := json.Marshal(holder{PID: os.Getpid(), Address: address, Since: time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(append(note, '\n'), 0)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("note the holder of the data folder %s: %w", dir, err)
	}
	return file.Close, nil
}
