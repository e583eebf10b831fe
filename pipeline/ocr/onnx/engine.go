//go:build cgo

package onnx

import (
	"fmt"
	"os"
	"path/filepath"

	ort "github.com/yalue/onnxruntime_go"

	"sealdesk/pipeline/ocr/internal/models"
	"sealdesk/pipeline/ocr/internal/wire"
)

// Recogniser reads lines, one at a time, on one thread. It is kept till the process
// ends.
type Recogniser struct {
	session *ort.DynamicAdvancedSession
	classes []string // what each class of the model means; the first means nothing
	output  []float32
}

// Open loads the library, the model and its characters from a folder, which takes
// about a tenth of a second and 100 MB of memory. The library can be loaded once in a
// process.
func Open(dir string) (*Recogniser, error) {
	characters, err := os.ReadFile(filepath.Join(dir, models.Characters))
	if err != nil {
		return nil, fmt.Errorf("load the second reader: %w", err)
	}
	classes, err := parseClasses(characters)
	if err != nil {
		return nil, fmt.Errorf("load the second reader: %s: %w", models.Characters, err)
	}
	session, err := load(filepath.Join(dir, models.Library), filepath.Join(dir, models.Recogniser), len(classes))
	if err != nil {
		return nil, fmt.Errorf("load the second reader: %w", err)
	}
	return &Recogniser{session: session, classes: classes}, nil
}

func load(library, model string, classes int) (*ort.DynamicAdvancedSession, error) {
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, err
	}
	in, out, err := ort.GetInputOutputInfo(model)
	if err != nil {
		return nil, err
	}
	if len(in) != 1 || len(out) != 1 || len(in[0].Dimensions) != 4 || in[0].Dimensions[2] != Height ||
		len(out[0].Dimensions) != 3 || out[0].Dimensions[2] != int64(classes) {
		return nil, fmt.Errorf("%s is not the model that belongs to %d characters", filepath.Base(model), classes)
	}
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	// Lines differ in width, so the plan of memory for one is of no use to the next.
	for _, err := range []error{o.SetIntraOpNumThreads(1), o.SetInterOpNumThreads(1), o.SetMemPattern(false)} {
		if err != nil {
			return nil, err
		}
	}
	session, err := ort.NewDynamicAdvancedSession(model, []string{in[0].Name}, []string{out[0].Name}, o)
	if err != nil {
		return nil, err
	}
	return session, o.Destroy()
}

// Version is ONNX Runtime's, such as "1.24.3".
func (r *Recogniser) Version() string { return ort.GetVersion() }

// Words reads a crop that is Height pixels high. A character's box is where the model
// saw it, cut to the ink there, and exact to half a character; its confidence is the
// model's probability. There is one word for each run of characters without blanks.
func (r *Recogniser) Words(c wire.Crop) ([]wire.Word, error) {
	if c.H != Height {
		return nil, fmt.Errorf("crop of %d pixels' height, not %d: %w", c.H, Height, wire.ErrGarbage)
	}
	input, width := tensor(c)
	in, err := ort.NewTensor(ort.NewShape(1, 3, Height, int64(width)), input)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Destroy() }() // never fails
	steps := width / step
	if n := steps * len(r.classes); cap(r.output) < n {
		r.output = make([]float32, n)
	}
	out, err := ort.NewTensor(ort.NewShape(1, int64(steps), int64(len(r.classes))), r.output[:steps*len(r.classes)])
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Destroy() }() // never fails
	if err := r.session.Run([]ort.Value{in}, []ort.Value{out}); err != nil {
		return nil, err
	}
	return words(c, decode(out.GetData(), r.classes, c.Alphabet)), nil
}
