package ocr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Install is what of the reader is installed on this machine.
type Install struct {
	Tesseract string // version, such as "5.3.0"; "" if no child could be started
	Leptonica string // version, such as "1.82.0"
	Dir       string // folder of the models; "" if none was found
	Models    []Model
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
	return b.String()
}

// Installed looks for models and starts one child to learn the versions of the C
// libraries. If something is missing, the error is a sentence for the clerk, in
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
	hello, err := probe(ctx, o, in.Dir)
	if err != nil {
		return in, fmt.Errorf("文字识别程序无法启动，请安装 Tesseract：apt install libtesseract5 tesseract-ocr-chi-sim tesseract-ocr-eng：%w", err)
	}
	in.Tesseract, in.Leptonica = hello.Tesseract, hello.Leptonica
	return in, nil
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
	var models []Model
	for _, language := range append(slices.Clone(needed), "osd") {
		path := filepath.Join(dir, language+".traineddata")
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue
		}
		sum, err := hashFile(path)
		if err != nil {
			return nil, fmt.Errorf("文字识别模型无法读取：%w", err)
		}
		models = append(models, Model{Language: language, Path: path, Size: info.Size(), SHA256: sum})
	}
	return models, nil
}

func hashFile(path string) (string, error) {
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
