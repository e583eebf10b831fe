//go:build !cgo || notesseract

package tesseract

func newEngine(string) (engine, error) { return nil, ErrNotBuilt }
