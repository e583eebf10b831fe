//go:build !linux

package browser

import "syscall"

// dieWithTest does nothing: here a killed test leaves the program behind.
func dieWithTest() *syscall.SysProcAttr { return nil }
