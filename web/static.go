package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed static
var staticFiles embed.FS

// files are the static files by name. The hash of its bytes is in a file's address, so
// browsers may keep it for good.
type files map[string]file

type file struct {
	hash  string
	bytes []byte
}

func readFiles() (files, error) {
	all := files{}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if path.Ext(e.Name()) == ".md" {
			continue
		}
		b, err := fs.ReadFile(staticFiles, path.Join("static", e.Name()))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		all[e.Name()] = file{hex.EncodeToString(sum[:6]), b}
	}
	return all, nil
}

// address is where a file is served.
func (f files) address(name string) (string, error) {
	file, ok := f[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return "/static/" + file.hash + "/" + name, nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	f, ok := s.files[name]
	if !ok || f.hash != r.PathValue("hash") {
		return httpError(http.StatusNotFound)
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.bytes))
	return nil
}
