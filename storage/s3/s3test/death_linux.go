package s3test

import "syscall"

// dieWithTest has the system kill the process when the test's own ends, however
// that ends.
func dieWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
