//go:build !linux

package s3test

import "syscall"

// dieWithTest does nothing where the system has no such means.
func dieWithTest() *syscall.SysProcAttr { return nil }
