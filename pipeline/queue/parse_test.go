package queue

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// FuzzStored: whatever stands in the streams, what is taken for a job names one bundle,
// puts nothing into a subject that means something there, and is the same when it is
// stored again.
func FuzzStored(f *testing.F) {
	bundle := strings.Repeat("0a", 32)
	f.Add([]byte(`{"bundle":"` + bundle + `","priority":0,"sender":"王"}`))
	f.Add([]byte(`{"bundle":"` + bundle + `","priority":1,"arrangement":3}`))
	f.Add([]byte(`{"job":{"bundle":"` + bundle + `"},"attempts":4,"reason":"out of memory"}`))
	f.Add([]byte(`{"bundle":"*.>","priority":7,"arrangement":-1}`))
	f.Add([]byte(`{"taken":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var q Queue
		if j, err := parse(data); err == nil {
			same(t, j)
		}
		if d, err := parseDead(&jetstream.RawStreamMsg{Data: data}); err == nil {
			same(t, d.Job)
		}
		_, _ = q.parseTry(&jetstream.RawStreamMsg{Data: data})
	})
}

func same(t *testing.T, j Job) {
	t.Helper()
	for _, subject := range []string{j.subject(), j.deadSubject()} {
		if strings.ContainsAny(subject, "*> \t\r\n") || strings.Contains(subject, "..") || strings.Count(subject, j.Bundle) != 1 {
			t.Errorf("%+v has the subject %q", j, subject)
		}
	}
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(data); err != nil || again != j {
		t.Errorf("%+v is %+v when it is stored again: %v", j, again, err)
	}
}
