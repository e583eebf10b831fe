package queue

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
)

// Priority says which jobs are taken first.
type Priority int

// The priorities, the first taken before the second.
const (
	// Counter is for a bundle that somebody waits for.
	Counter Priority = iota
	// Backlog is for what may wait: folders, mail, what the reconciler finds.
	Backlog
)

// String is the priority's name, "counter" or "backlog".
func (p Priority) String() string {
	switch p {
	case Counter:
		return "counter"
	case Backlog:
		return "backlog"
	}
	return fmt.Sprintf("Priority(%d)", int(p))
}

// Job is one bundle to be read.
type Job struct {
	// Bundle is the SHA-256 of the bundle's bytes, 64 hexadecimal digits in
	// lower case.
	Bundle string `json:"bundle"`
	// Priority says who goes first.
	Priority Priority `json:"priority"`
	// Sender is who brought the bundle, at most 256 bytes; jobs of one
	// priority are shared out between senders in turn.
	Sender string `json:"sender,omitempty"`
	// Arrangement is 0, or the number of the page arrangement to apply.
	Arrangement int `json:"arrangement,omitempty"`
	// Trace names the trace that the job belongs to, for whoever follows it; at most 256
	// bytes. It makes no two jobs differ.
	Trace string `json:"trace,omitempty"`
}

// check says what is wrong with a job.
func (j Job) check() error {
	if err := checkBundle(j.Bundle); err != nil {
		return err
	}
	switch {
	case j.Priority != Counter && j.Priority != Backlog:
		return fmt.Errorf("there is no %v", j.Priority)
	case j.Arrangement < 0:
		return fmt.Errorf("there is no arrangement %d", j.Arrangement)
	case len(j.Sender) > maxSender:
		return fmt.Errorf("the sender's name has %d bytes, more than %d", len(j.Sender), maxSender)
	case len(j.Trace) > maxTrace:
		return fmt.Errorf("the trace's name has %d bytes, more than %d", len(j.Trace), maxTrace)
	}
	return nil
}

// checkBundle keeps all but hashes out of subjects, where dots and stars mean
// something.
func checkBundle(bundle string) error {
	if len(bundle) != 64 || strings.Trim(bundle, "0123456789abcdef") != "" {
		return fmt.Errorf("%q is no SHA-256 in lower case", bundle)
	}
	return nil
}

// parse reads a stored job.
func parse(data []byte) (Job, error) {
	var j Job
	if err := json.Unmarshal(data, &j); err != nil {
		return Job{}, fmt.Errorf("stored job: %w", err)
	}
	if err := j.check(); err != nil {
		return Job{}, fmt.Errorf("stored job: %w", err)
	}
	return j, nil
}

func (j Job) subject() string {
	return fmt.Sprintf("%s.%s.%d", laneSubject(j.Priority, j.lane()), j.Bundle, j.Arrangement)
}

func (j Job) deadSubject() string {
	return fmt.Sprintf("sealdesk.dead.%s.%d", j.Bundle, j.Arrangement)
}

func (j Job) lane() int {
	h := fnv.New32a()
	h.Write([]byte(j.Sender))
	return int(h.Sum32() % lanes)
}

func laneSubject(p Priority, lane int) string {
	return fmt.Sprintf("sealdesk.job.%d.%d", p, lane)
}
