//go:build !cgo

package onnx

import (
	"errors"

	"sealdesk/pipeline/ocr/internal/wire"
)

// errNotBuilt is why there is no second reader in this program.
var errNotBuilt = errors.New("built without ONNX Runtime (cgo off)")

// Recogniser cannot be had in this build.
type Recogniser struct{}

// Open says that there is no second reader in this build.
func Open(string) (*Recogniser, error) { return nil, errNotBuilt }

// Version is "".
func (r *Recogniser) Version() string { return "" }

// Words is always an error.
func (r *Recogniser) Words(wire.Crop) ([]wire.Word, error) { return nil, errNotBuilt }
