package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/correct"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
)

// Arrange keeps an arrangement of a bundle's pages and has the result computed again.
// Of a the caller sets Groups and Dropped, the rest is set here; by is who does it; seen
// is the number of the arrangement that the person saw, 0 for none: when there is a
// newer one the error is a *Conflict. Other errors: ErrUnknown, ErrUnread, ErrPages.
func (d *Desk) Arrange(ctx context.Context, sha string, a pipeline.Arrangement, by Sender, seen int) error {
	unlock := d.lock(sha)
	defer unlock()
	for {
		k, err := d.load(ctx, sha)
		if err != nil {
			return err
		}
		before, err := pipeline.History[pipeline.Arrangement](ctx, d.Store, sha, pipeline.Arrangements)
		if err != nil {
			return err
		}
		if n := len(before); n > 0 && before[n-1].Seq > seen {
			theirs := before[n-1]
			return &Conflict{Theirs: correct.Correction{Seq: theirs.Seq, Time: theirs.Time, User: theirs.User, Name: theirs.Name, Target: "arrangement"}}
		}
		a.Seq, a.Time, a.User, a.Name = len(before)+1, d.Now().UTC(), by.ID, by.Name
		a.Groups = slices.DeleteFunc(slices.Clone(a.Groups), func(g []pipeline.Place) bool { return len(g) == 0 })
		if !fits(a, k.Machine.Pages) {
			return ErrPages
		}
		a.Applications = names(a.Groups, sha, k.Result.Applications, before)
		err = pipeline.Append(ctx, d.Store, sha, pipeline.Arrangements, a.Seq, a)
		if errors.Is(err, storage.ErrExists) {
			continue // another process was first: see what it did
		}
		if err != nil {
			return internal(err)
		}
		break
	}
	d.board.change(sha, func(i *item) {
		i.arrangement, i.State, i.Done, i.Attempts, i.Error = a.Seq, Waiting, 0, 0, nil
		i.priority = queue.Counter // somebody sits before it
	})
	d.announce(ctx, sha)
	i, _ := d.board.get(sha)
	if err := d.enqueue(ctx, i); err != nil {
		d.Log.Error("an arrangement is kept and not in the queue yet", "bundle", sha, "error", err)
	}
	return nil
}

// Unarranged gives a bundle's result with the pages as the machine put them, as it was
// read. The errors: ErrUnknown, ErrUnread.
func (d *Desk) Unarranged(ctx context.Context, sha string) (*bundle.Result, error) {
	if _, ok := d.board.get(sha); !ok {
		return nil, ErrUnknown
	}
	r, err := d.Pipeline.Unarranged(ctx, sha)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, ErrUnread
	}
	return r, err
}

// Kinds are those that a person may give a page.
var Kinds = []bundle.Kind{
	bundle.ApplicationForm, bundle.ImplementationPlan, bundle.RecommendationLetter, bundle.Attachment, bundle.Separator, bundle.Blank,
}

// fits says whether an arrangement can be one of so many pages.
func fits(a pipeline.Arrangement, pages int) bool {
	used := map[int]bool{}
	use := func(n int) bool {
		ok := n >= 1 && n <= pages && !used[n]
		used[n] = true
		return ok
	}
	for _, n := range a.Dropped {
		if !use(n) {
			return false
		}
	}
	for _, g := range a.Groups {
		for _, p := range g {
			if !use(p.Page) || !slices.Contains([]int{0, 90, 180, 270}, p.Turn) || p.Kind != "" && !slices.Contains(Kinds, p.Kind) {
				return false
			}
		}
	}
	return len(a.Groups) > 0
}

// names gives each group the id of the application of which it has the most pages, so
// that links and corrections stay with their papers, or an id that none had before.
func names(groups [][]pipeline.Place, sha string, apps []bundle.Application, before []pipeline.Arrangement) []string {
	of := map[int]string{} // the application of a page
	last := 0
	seen := func(id string) {
		n, err := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
		if err == nil {
			last = max(last, n)
		}
	}
	for _, a := range apps {
		seen(a.ID)
		for _, doc := range a.Documents {
			for _, n := range doc.Pages {
				of[n] = a.ID
			}
		}
	}
	for _, b := range before {
		for _, id := range b.Applications {
			seen(id)
		}
	}
	type claim struct {
		group, pages int
		id           string
	}
	var claims []claim
	for i, g := range groups {
		count := map[string]int{}
		for _, p := range g {
			if id := of[p.Page]; id != "" {
				count[id]++
			}
		}
		for id, n := range count {
			claims = append(claims, claim{i, n, id})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		switch {
		case a.pages != b.pages:
			return b.pages - a.pages
		case a.group != b.group:
			return a.group - b.group
		}
		return strings.Compare(a.id, b.id)
	})
	out := make([]string, len(groups))
	for _, c := range claims {
		if out[c.group] == "" && !slices.Contains(out, c.id) {
			out[c.group] = c.id
		}
	}
	for i := range out {
		if out[i] == "" {
			last++
			out[i] = fmt.Sprintf("%.16s-%d", sha, last)
		}
	}
	return out
}
