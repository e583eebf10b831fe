//go:build !cgo || notesseract

package tesseract

func newEngine(string, string) (engine, error) { return nil, ErrNotBuilt }
