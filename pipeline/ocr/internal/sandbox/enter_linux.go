package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	kernel "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// The system calls that are refused. io_uring does the work of others unseen by seccomp.
var (
	sockets = []string{"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"}
	others  = []string{
		"execve", "execveat", "fork", "vfork", "kill", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
		"ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
		"io_uring_setup", "io_uring_enter", "io_uring_register",
		"unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_by_handle_at",
		"bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
	}
)

// Enter leaves all threads of the process only the folders named, to read. It gives what is
// in force, of All; the error says why something is not that the kernel has.
func Enter(folders ...string) (inForce []string, err error) {
	if version, e := kernel.LandlockGetABIVersion(); e == nil && version > 0 {
		// What a later version adds is taken too where the kernel has it.
		e := landlock.V7.BestEffort().Restrict(landlock.RODirs(folders...).IgnoreIfMissing())
		if e == nil {
			inForce = append(inForce, Files)
		} else {
			err = fmt.Errorf("shut off files: %w", e)
		}
	}
	if seccomp.Supported() {
		filter := seccomp.Filter{
			NoNewPrivs: true,
			Flag:       seccomp.FilterFlagTSync,
			Policy: seccomp.Policy{
				DefaultAction: seccomp.ActionAllow,
				Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: known(slices.Concat(sockets, others))}},
			},
		}
		if e := seccomp.LoadFilter(filter); e == nil {
			inForce = append(inForce, Network, Others)
		} else {
			err = errors.Join(err, fmt.Errorf("shut off system calls: %w", e))
		}
	}
	return inForce, err
}

// known leaves out what this kind of processor has not, such as fork.
func known(names []string) []string {
	info, err := arch.GetInfo("")
	if err != nil {
		return names // LoadFilter says what is wrong
	}
	return slices.DeleteFunc(names, func(name string) bool { _, ok := info.SyscallNames[name]; return !ok })
}
