// Package models names the files of the second reader and finds them in a folder:
// ONNX Runtime's library, the recognition model and the characters that it knows.
// Both sides of the pool's pipes use these names. The package neither fetches the
// files nor loads them.
package models

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The files, as the packages that they come from call them.
const (
	Library    = "libonnxruntime.so.1"        // ONNX Runtime
	Recogniser = "ch_PP-OCRv4_rec_infer.onnx" // PP-OCRv4's recognition of Chinese and English
	Characters = "ppocr_keys_v1.txt"          // what the recogniser's classes mean, one a line
)

// Names are the files' names.
var Names = []string{Library, Recogniser, Characters}

// Variable is the environment variable that names the folder.
const Variable = "SEALDESK_MODELS"

// Dir is the folder of the files: the one asked for, or that of the environment, or
// the usual one in the user's cache folder. It is "" where there is no such folder.
func Dir(asked string) string {
	if asked != "" {
		return asked
	}
	if dir := os.Getenv(Variable); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "sealdesk", "models")
}

// File is one of the files as it was found.
type File struct {
	Name   string
	Path   string
	Size   int64  // in bytes
	SHA256 string // in hex; "" for the library, which says its version itself
}

// Find looks for the files in a folder and gives those that are there, in the order
// of Names. Only a file that is there and cannot be read is an error.
func Find(dir string) ([]File, error) {
	if dir == "" {
		return nil, nil
	}
	var found []File
	for _, name := range Names {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue
		}
		f := File{Name: name, Path: path, Size: info.Size()}
		// The library is large, and every start of the program comes by here.
		if name != Library {
			if f.SHA256, err = Hash(path); err != nil {
				return nil, fmt.Errorf("look for the second reader: %w", err)
			}
		}
		found = append(found, f)
	}
	return found, nil
}

// Complete reports whether nothing is missing among the files found.
func Complete(found []File) bool { return len(found) == len(Names) }

// Hash is the SHA-256 of a file, in hex.
func Hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
