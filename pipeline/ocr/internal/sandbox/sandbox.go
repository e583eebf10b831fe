// Package sandbox takes from the calling process what a reader of outside bytes does not
// need: the file system but for a few folders that it may read, the network, other
// processes and other programs. There is no way back.
//
// It uses what the kernel has (Linux: Landlock from 5.13 on, seccomp) and says what that
// is; elsewhere it takes nothing. Limits on memory, files and time are set from outside,
// by the pool.
package sandbox

// What can be in force.
const (
	Files   = "files"   // nothing can be opened outside of the folders, and nothing written (Landlock)
	Network = "network" // no sockets (seccomp)
	Others  = "others"  // no other programs started, no other processes signalled or looked into (seccomp)
)

// All is what can be in force, in the order in which Enter gives it.
var All = []string{Files, Network, Others}
