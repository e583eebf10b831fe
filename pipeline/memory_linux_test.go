package pipeline_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// maxMemory is what the process and its two children may have in memory, all
// together, at any time.
const maxMemory = 1536 << 20

// TestMemory adds up the peaks of all processes after the project's bundles were
// read; they may have had them at different times.
func TestMemory(t *testing.T) {
	readFiles(t)
	pids := append(children.all(), os.Getpid())
	total := 0
	var each []string
	for _, pid := range pids {
		if peak, ok := peakMemory(t, pid); ok {
			total += peak
			each = append(each, fmt.Sprintf("%d MiB", peak>>20))
		}
	}
	t.Logf("the processes had up to %v", each)
	if len(each) < 3 {
		t.Errorf("of the processes %v only %d are alive", pids, len(each))
	}
	if total > maxMemory {
		t.Errorf("together that is more than %d MiB", maxMemory>>20)
	}
}

// peakMemory is the most that a process ever had in memory, in bytes.
func peakMemory(t *testing.T, pid int) (bytes int, alive bool) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n << 10, true
		}
	}
	return 0, false
}
