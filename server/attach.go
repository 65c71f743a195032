package server

import (
	"context"
	"io"
	"path/filepath"

	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/s3"
	"github.com/faultline-dev/faultline/server/attach"
	"github.com/faultline-dev/faultline/server/upload"
)

// contents are files that are only read once they are there.
type contents struct{ upload.Files }

// Open opens a file, or fails with artifact.ErrNoFile.
func (c contents) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	f, err := c.Files.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// takeAttachments makes the place of the files of events, which both roles need: one fills
// it, the other reads it. It is in object storage if there is one, else in a folder.
func (s *Server) takeAttachments() (err error) {
	dir := s.cfg.Attachments.Dir
	var files upload.Files = disk.New(dir)
	if s.cfg.Objects.Endpoint != "" {
		if files, err = s3.New(s.cfg.Objects, "attachments", filepath.Join(dir, "copies")); err != nil {
			return err
		}
	}
	s.files, err = attach.New(s.cfg.Attachments, attach.Parts{
		Index: s.parts.Meta, Content: contents{files}, Projects: s.dir, Logger: s.parts.Logger,
	})
	return err
}
