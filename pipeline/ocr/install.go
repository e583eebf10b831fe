package ocr

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sealdesk/pipeline/ocr/internal/models"
	"sealdesk/pipeline/ocr/internal/sandbox"
	"sealdesk/pipeline/ocr/internal/wire"
)

// Install is what of the reader is installed on this machine.
type Install struct {
	Tesseract string // version, such as "5.3.0"; "" if no child could be started
	Leptonica string // version, such as "1.82.0"
	Dir       string // folder of the models; "" if none was found
	Models    []Model
	Second    Second
	// Confined is what a child cannot do once it reads, of [Confinements]; Loose is why
	// something of it is not in force that the kernel has.
	Confined []string
	Loose    string
}

// Confinements are what can be taken from a child: "files" but for the models, "network",
// "others" (programs and processes).
var Confinements = sandbox.All

// Second is what is installed of the second reader, which may be missing.
type Second struct {
	Dir     string       // folder where it is looked for, "" if there is none
	Files   []SecondFile // those that are there, of three
	Version string       // of ONNX Runtime, such as "1.24.3"; "" if it cannot be used
	Problem string       // why it cannot be used though all files are there
}

// SecondFile is one file of the second reader.
type SecondFile = models.File

// SecondFiles are the names of the files that the second reader consists of.
var SecondFiles = models.Names

// usable is the folder of a second reader that works, and "" if none does.
func (s Second) usable() string {
	if s.Version == "" {
		return ""
	}
	return s.Dir
}

// Model is one of Tesseract's language models.
type Model struct {
	Language string // "chi_sim", "eng" or "osd"
	Path     string
	Size     int64  // in bytes
	SHA256   string // of the file, in hex
}

// needed are the models that readers use; osd is only reported.
var needed = []string{"chi_sim", "eng"}

// packages names what to install for each model, on Debian and Ubuntu.
var packages = map[string]string{"chi_sim": "tesseract-ocr-chi-sim", "eng": "tesseract-ocr-eng"}

// String names versions and models in a line that goes with results: what reads
// the same says the same.
func (in Install) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tesseract %s, leptonica %s", in.Tesseract, in.Leptonica)
	for _, m := range in.Models {
		if slices.Contains(needed, m.Language) {
			fmt.Fprintf(&b, ", %s %.12s", m.Language, m.SHA256)
		}
	}
	if in.Second.usable() != "" {
		fmt.Fprintf(&b, ", onnxruntime %s", in.Second.Version)
		for _, f := range in.Second.Files {
			if f.SHA256 != "" {
				fmt.Fprintf(&b, ", %s %.12s", strings.TrimSuffix(f.Name, filepath.Ext(f.Name)), f.SHA256)
			}
		}
	}
	return b.String()
}

// Installed looks for models and starts one child to learn the versions of the C
// libraries; a second reader that is missing or does not work is no error. If something
// else is missing, the error is a sentence for the clerk, in
// Chinese, that says what to install; what was found is returned nevertheless.
func Installed(ctx context.Context, o Options) (Install, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Install{}, err
	}
	dirs := modelDirs(o.Models)
	var in Install
	for _, dir := range dirs {
		found, err := findModels(dir)
		if err != nil {
			return in, err
		}
		if len(found) > len(in.Models) {
			in.Dir, in.Models = dir, found
		}
	}
	var missing, install []string
	for _, language := range needed {
		if !slices.ContainsFunc(in.Models, func(m Model) bool { return m.Language == language }) {
			missing = append(missing, language+".traineddata")
			install = append(install, packages[language])
		}
	}
	if len(missing) > 0 {
		return in, fmt.Errorf("缺少文字识别模型 %s（已查找：%s）。请安装：apt install %s",
			strings.Join(missing, "、"), strings.Join(dirs, "、"), strings.Join(install, " "))
	}
	hello, err := in.probe(ctx, o)
	if err != nil {
		return in, fmt.Errorf("文字识别程序无法启动，请安装 Tesseract：apt install libtesseract5 tesseract-ocr-chi-sim tesseract-ocr-eng：%w", err)
	}
	in.Tesseract, in.Leptonica = hello.Tesseract, hello.Leptonica
	in.Confined, in.Loose = hello.Confined, hello.Loose
	return in, nil
}

// probe hears a child's hello, with the second reader if its files are there. A second
// reader that breaks its child is left out.
func (in *Install) probe(ctx context.Context, o Options) (wire.Hello, error) {
	in.Second = Second{Dir: models.Dir(o.Second)}
	files, err := models.Find(in.Second.Dir)
	if err != nil {
		in.Second.Problem = err.Error()
	}
	in.Second.Files = files
	if !models.Complete(files) {
		return probe(ctx, o, in.Dir, "")
	}
	hello, err := probe(ctx, o, in.Dir, in.Second.Dir)
	if err == nil {
		in.Second.Version, in.Second.Problem = hello.ONNX, hello.Trouble
		return hello, nil
	}
	in.Second.Problem = err.Error()
	return probe(ctx, o, in.Dir, "")
}

// modelDirs are the folders where models may be: the one asked for, or that of
// the environment, or the usual ones.
func modelDirs(asked string) []string {
	if asked != "" {
		return []string{asked}
	}
	if dir := os.Getenv("TESSDATA_PREFIX"); dir != "" {
		return []string{dir, filepath.Join(dir, "tessdata")}
	}
	// Debian's folder has the number of Tesseract's major version in it. The
	// pattern is well formed, which is all that Glob complains of.
	debian, _ := filepath.Glob("/usr/share/tesseract-ocr/*/tessdata")
	slices.Sort(debian)
	slices.Reverse(debian)
	return append(debian,
		"/usr/share/tessdata",
		"/usr/share/tesseract/tessdata",
		"/usr/local/share/tessdata",
		"/opt/homebrew/share/tessdata",
	)
}

// findModels lists the models in a folder; a folder that is not there has none.
func findModels(dir string) ([]Model, error) {
	var found []Model
	for _, language := range append(slices.Clone(needed), "osd") {
		path := filepath.Join(dir, language+".traineddata")
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue
		}
		sum, err := models.Hash(path)
		if err != nil {
			return nil, fmt.Errorf("文字识别模型无法读取：%w", err)
		}
		found = append(found, Model{Language: language, Path: path, Size: info.Size(), SHA256: sum})
	}
	return found, nil
}
