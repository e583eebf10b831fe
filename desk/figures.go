package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sealdesk/extract/call"
	"sealdesk/figures"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// Applications are all applications on file, as reports need them, each with the time
// when its bundle came, which is its Entry's.
func (d *Desk) Applications() []figures.Filed {
	list := d.Pipeline.Applications()
	out := make([]figures.Filed, len(list))
	for n, a := range list {
		i, _ := d.board.get(a.Bundle)
		out[n] = figures.Filed{Application: a, Received: i.Time}
	}
	return out
}

// Applications are the same as those of a Desk over this store, without one. calls finds
// the profile by which a result was made; progress may be nil.
func Applications(ctx context.Context, s storage.Store, calls func(id string) *call.Call, progress func(done, all int)) ([]figures.Filed, error) {
	brought, err := arrivals(ctx, s)
	if err != nil {
		return nil, err
	}
	out, err := pipeline.Counted(ctx, s, calls, progress)
	for i, a := range out {
		if t, ok := brought[fmt.Sprintf("%.*s", digits, a.Bundle)]; ok {
			out[i].Received = t
		}
	}
	return out, err
}

// digits is how many of a bundle's name stand in the key of its intake.
const digits = 12

// arrivals says when bundles were brought, by the first digits of their names, as the
// keys of their intakes have it. Of one that came twice the first time counts. What came
// by sealdesk process was not brought by anybody.
func arrivals(ctx context.Context, s storage.Store) (map[string]time.Time, error) {
	brought := map[string]time.Time{}
	for info, err := range s.List(ctx, intakeRoot) {
		if err != nil {
			return nil, fmt.Errorf("list what was taken in: %w", err)
		}
		at, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(info.Key, intakeRoot), ".json"), "-")
		t, err := time.Parse(intakeTime, at)
		if err != nil || len(name) != digits {
			continue // no intake
		}
		if old, ok := brought[name]; !ok || t.Before(old) {
			brought[name] = t
		}
	}
	return brought, nil
}
