package browser

import "syscall"

// dieWithTest has the system kill the program when the test's own process ends, however
// that ends.
func dieWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
