package pipeline

import (
	"context"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/figures"
	"sealdesk/storage"
)

// Applications are those of the newest result of each bundle, corrections applied, as
// reports need them, in no order. They stay true: whatever changes a result or corrects
// one comes through Refile, which puts them anew.
func (p *Pipeline) Applications() []*figures.Application {
	p.filed.mu.Lock()
	defer p.filed.mu.Unlock()
	list := make([]*figures.Application, 0, len(p.filed.counted))
	for _, of := range p.filed.counted {
		list = append(list, of...)
	}
	return list
}

// Changes is a number that is another one whenever Applications may be others.
func (p *Pipeline) Changes() int {
	p.filed.mu.Lock()
	defer p.filed.mu.Unlock()
	return p.filed.changes
}

// countedOf is what reports need of a result: machine as it was read, r with what people
// corrected. c is nil where the profile is not known, and then it is nothing.
func countedOf(c *call.Call, machine, r *bundle.Result) []*figures.Application {
	if c == nil {
		return nil
	}
	out := make([]*figures.Application, len(r.Applications))
	for i := range r.Applications {
		out[i] = figures.Of(c, r.SHA256, r.File, &machine.Applications[i], &r.Applications[i])
	}
	return out
}

// Counted are the same as a Pipeline's Applications, from the store alone, each with the
// time when its bundle was stored. calls finds the profile by which a result was made;
// progress may be nil.
func Counted(ctx context.Context, s storage.Store, calls func(id string) *call.Call, progress func(done, all int)) ([]figures.Filed, error) {
	all, err := results(ctx, s, root)
	if err != nil {
		return nil, err
	}
	all = newest(all, func(b stored) string { return b.sha })
	before := &filed{} // what corrected applications are checked against again
	var out []figures.Filed
	done := 0
	err = eachResult(ctx, s, all, calls, func(b stored, c *call.Call, machine *bundle.Result) error {
		if c != nil {
			r := machine
			if b.corrected {
				if r, _, err = corrected(ctx, s, c, machine, before.before(b.sha)); err != nil {
					return err
				}
			}
			before.add(recordsOf(c, r))
			for _, a := range countedOf(c, machine, r) {
				out = append(out, figures.Filed{Application: a, Received: b.came})
			}
		}
		if done++; progress != nil {
			progress(done, len(all))
		}
		return nil
	})
	return out, err
}
