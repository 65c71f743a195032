//go:build !windows && (!unix || solaris || aix)

package spool

import (
	"errors"
	"os"
)

// openLocked refuses: without locks two programs would share one run.
func openLocked(string) (*os.File, error) {
	return nil, errors.New("this operating system has no file locks that the spool can use")
}
