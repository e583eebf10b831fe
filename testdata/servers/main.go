// Servers builds the S3 servers that the tests start, MinIO and versitygw, into
// the user's cache folder, as far as they are not there yet:
//
//	go run ./testdata/servers
//
// Each is built from a module of its own in a folder beside this file, whose
// go.sum pins all of its sources; the module sealdesk knows nothing of them. That
// takes some minutes on two processors, once for each version.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/storage/s3/s3test"
)

func main() {
	list := flag.Bool("list", false, "only say where they are or would be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *list); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, list bool) error {
	root, err := module(ctx)
	if err != nil {
		return err
	}
	for _, s := range s3test.Servers {
		path, err := s.Path()
		if err != nil {
			return err
		}
		if list {
			fmt.Println(path)
			continue
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(os.Stderr, "Building %s %s, which takes minutes, once.\n", s.Name, s.Version)
		start := time.Now()
		if err := build(ctx, filepath.Join(root, "testdata", "servers", s.Name), s.Package, path); err != nil {
			return fmt.Errorf("build %s: %w", s.Name, err)
		}
		fmt.Fprintf(os.Stderr, "Built %s in %v.\n", path, time.Since(start).Round(time.Second))
	}
	return nil
}

// module is the folder of the module sealdesk.
func module(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build builds the package in the module at folder. The binary appears at path
// whole or not at all.
func build(ctx context.Context, folder, pkg, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(path), "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	built := filepath.Join(temp, filepath.Base(path))
	cmd := exec.CommandContext(ctx, "go", "build", "-C", folder, "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", built, pkg)
	// A workspace or flags of the caller's are about another module.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	return os.Rename(built, path)
}
