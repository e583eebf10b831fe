//go:build !linux

package ocr

import "syscall"

// A child ends when its standard input does; elsewhere than on Linux nothing
// more is done.
func childAttr() *syscall.SysProcAttr { return nil }

func limitChild(int, int64) {}

func residentBytes(int) int64 { return 0 }
