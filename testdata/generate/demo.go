package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// demoJobs are the bundles kept beside this program: short texts, few pages,
// easy scans.
func demoJobs() (*world, []*job) {
	w := newWorld(2022)
	const brief = length(0.12)
	return w, []*job{
		{
			name: "complete", format: "pdf", size: brief, plain: true, scanner: calm(200, auto, 50), seed: 11,
			apps: []*application{w.apply(league{}, faults{}, brief)},
		},
		{
			name: "no-seal", format: "pdf", size: brief, plain: true, scanner: calm(200, thresholded, 0), seed: 12,
			apps: []*application{w.apply(league{}, faults{noHostSeal: true}, brief)},
		},
		{
			name: "two-applications", format: "tif", size: brief, plain: true, scanner: calm(200, thresholded, 0), seed: 13, separators: true,
			apps: []*application{w.apply(league{}, faults{}, brief), w.apply(league{}, faults{noPlan: true}, brief)},
		},
	}
}

// writeBlank writes the form of 2022 as the office gives it out.
func writeBlank(ctx context.Context, fs faces, dir string, workers int) error {
	w := newWorld(2022)
	nobody := &application{fields: map[string]any{}, faults: faults{noHostSeal: true, noDeptSeal: true, noHostSign: true, noDeptSign: true}}
	flat := calm(200, thresholded, 0)
	flat.skew, flat.shift = 0, 0
	j := &job{name: "blank-2022", format: "pdf", plain: true, scanner: flat, seed: 14, formOnly: true, apps: []*application{nobody}}
	m, err := j.make(ctx, w, fs, workers)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "forms"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "forms", m.file), m.data, 0o644)
}

// writeBad writes files that cannot be read as bundles.
func writeBad(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	page := image.NewGray(image.Rect(0, 0, 200, 280))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	s := &scanner{quality: 30}
	pic, err := s.pack(page)
	if err != nil {
		return err
	}
	whole := writePDF([]picture{pic}, 24)
	locked, err := lock(whole)
	if err != nil {
		return err
	}
	var dot bytes.Buffer
	if err := png.Encode(&dot, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return fmt.Errorf("encode picture: %w", err)
	}
	for name, data := range map[string][]byte{
		"empty.pdf":     {},
		"text.pdf":      []byte("这不是扫描件，只是改了扩展名的文本文件。\n"),
		"truncated.pdf": whole[:len(whole)/3],
		"password.pdf":  locked,
		"onepixel.png":  dot.Bytes(),
	} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); name == "password.pdf" && err == nil {
			continue // a new key would change its bytes and nothing else
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// lock encrypts a PDF so that it opens with a password alone. Its bytes differ
// from run to run, since keys are drawn at random.
func lock(pdf []byte) ([]byte, error) {
	api.DisableConfigDir()
	conf := model.NewAESConfiguration("opens", "owns", 256)
	var out bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(pdf), &out, conf); err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return out.Bytes(), nil
}
