package sentryapi

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/server/upload"
)

// What a client may send. A chunk's size has to be a power of two.
const (
	chunkBytes       = 8 << 20
	chunksPerRequest = 64
	requestBytes     = 32 << 20
)

// options says how to upload.
func (h *Handler) options(r *request) (any, error) {
	type options struct {
		URL              string   `json:"url"`
		ChunkSize        int      `json:"chunkSize"`
		ChunksPerRequest int      `json:"chunksPerRequest"`
		MaxFileSize      int64    `json:"maxFileSize"`
		MaxRequestSize   int      `json:"maxRequestSize"`
		Concurrency      int      `json:"concurrency"`
		HashAlgorithm    string   `json:"hashAlgorithm"`
		Compression      []string `json:"compression"`
		Accept           []string `json:"accept"`
	}
	return options{
		URL:       h.BaseURL + "/api/0/organizations/" + r.PathValue("org") + "/chunk-upload/",
		ChunkSize: chunkBytes, ChunksPerRequest: chunksPerRequest, MaxFileSize: h.Uploads.BundleBytes(), MaxRequestSize: requestBytes,
		Concurrency: 4, HashAlgorithm: "sha1", Compression: []string{"gzip"},
		Accept: []string{"release_files", "artifact_bundles", "artifact_bundles_v2", "debug_files", "proguard"},
	}, nil
}

// chunks takes chunks: the parts of a form, each with its checksum for a file name.
func (h *Handler) chunks(r *request) (any, error) {
	r.Body = http.MaxBytesReader(r.writer, r.Body, requestBytes+1<<20)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, &fault{http.StatusBadRequest, "send the chunks as multipart/form-data: " + err.Error()}
	}
	for range chunksPerRequest + 1 {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return struct{}{}, nil
		}
		if err != nil {
			return nil, &fault{http.StatusBadRequest, "the form cannot be read: " + err.Error()}
		}
		var content io.Reader = part
		if part.FormName() == "file_gzip" {
			if content, err = gzip.NewReader(part); err != nil {
				return nil, &fault{http.StatusBadRequest, "a chunk is not gzip: " + err.Error()}
			}
		}
		if err := h.Uploads.Chunk(r.Context(), part.FileName(), io.LimitReader(content, chunkBytes+1)); err != nil {
			return nil, chunkFault(err)
		}
	}
	return nil, &fault{http.StatusBadRequest, fmt.Sprintf("more than %d chunks in one request", chunksPerRequest)}
}

// chunkFault tells a client's mistake from ours.
func chunkFault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, artifact.ErrChecksum), errors.Is(err, artifact.ErrNoFile), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{http.StatusBadRequest, "a chunk is not what its name says: " + err.Error()}
	case errors.As(err, &tooLarge):
		return &fault{http.StatusRequestEntityTooLarge, err.Error()}
	}
	return err
}

// assemble makes a bundle of chunks.
func (h *Handler) assemble(r *request) (any, error) {
	var q struct {
		Checksum string   `json:"checksum"`
		Chunks   []string `json:"chunks"`
		Projects names    `json:"projects"`
		Version  *string  `json:"version"`
		Dist     *string  `json:"dist"`
	}
	if err := body(r, &q); err != nil {
		return nil, err
	}
	a := upload.Assembly{Checksum: strings.ToLower(q.Checksum), Chunks: q.Chunks, Release: text(q.Version), Dist: text(q.Dist)}
	if len(q.Projects) == 0 {
		return nil, &fault{http.StatusBadRequest, "name the projects that the upload is for"}
	}
	projects, err := h.projects(r, q.Projects)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		a.Projects = append(a.Projects, p.ID)
	}
	return h.put(r, a)
}

// state is how far an upload is.
type state struct {
	State         string   `json:"state"`
	MissingChunks []string `json:"missingChunks"`
	Detail        *string  `json:"detail"`
}

// put makes an upload of its chunks, or says which are missing.
func (h *Handler) put(r *request, a upload.Assembly) (any, error) {
	missing, err := h.Uploads.Assemble(r.Context(), a)
	switch {
	case errors.Is(err, upload.ErrBundle), errors.Is(err, artifact.ErrChecksum), errors.Is(err, artifact.ErrNoFile):
		detail := err.Error()
		return state{State: "error", MissingChunks: []string{}, Detail: &detail}, nil
	case err != nil:
		return nil, err
	case len(missing) > 0:
		return state{State: "not_found", MissingChunks: missing}, nil
	}
	return state{State: "ok", MissingChunks: []string{}}, nil
}

// assembleFiles makes single files of chunks: mappings, and programs with symbols.
func (h *Handler) assembleFiles(r *request) (any, error) {
	var q map[string]struct {
		Name    string   `json:"name"`
		DebugID *string  `json:"debug_id"`
		Chunks  []string `json:"chunks"`
	}
	if err := body(r, &q); err != nil {
		return nil, err
	}
	projects, err := h.projects(r, names{r.PathValue("project")})
	if err != nil {
		return nil, err
	}
	if len(q) > maxNamedFiles {
		return nil, &fault{http.StatusBadRequest, fmt.Sprintf("send no more than %d files at a time", maxNamedFiles)}
	}
	answer := make(map[string]any, len(q))
	for checksum, f := range q {
		answer[checksum], err = h.put(r, upload.Assembly{
			Checksum: strings.ToLower(checksum), Chunks: f.Chunks, Projects: []uint32{projects[0].ID},
			Single: true, Name: f.Name, DebugID: text(f.DebugID),
		})
		if err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// maxNamedFiles bounds how many files one request may name.
const maxNamedFiles = 1000

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
