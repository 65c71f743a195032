package server

import (
	"context"
	"io"

	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/server/attach"
)

// contents are files in a folder that are only read once they are there.
type contents struct{ *disk.Store }

// Open opens a file, or fails with artifact.ErrNoFile.
func (c contents) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	f, err := c.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// takeAttachments makes the place of the files of events, which both roles need: one fills
// it, the other reads it.
func (s *Server) takeAttachments() (err error) {
	s.files, err = attach.New(s.cfg.Attachments, attach.Parts{
		Index: s.parts.Meta, Content: contents{disk.New(s.cfg.Attachments.Dir)}, Projects: s.dir, Logger: s.parts.Logger,
	})
	return err
}
