package web

import (
	"net/http"

	"sealdesk/account"
	"sealdesk/bundle"
)

// shortcut is a key that does something, and the key of the message that says what.
type shortcut struct{ Key, Message string }

// shortcuts are the keys that every page knows (static/desk.js). The keys of single
// pages are told there.
var shortcuts = []shortcut{
	{"?", "key.help"},
	{"/", "key.search"},
	{"Esc", "key.escape"},
}

// helpData is what the page of help shows.
type helpData struct {
	Roles     []account.Role
	Rights    []rightRow
	Shortcuts []shortcut
	Verdicts  []bundle.Verdict
}

// rightRow is a right, and for each of the roles whether it has it.
type rightRow struct {
	Right account.Right
	Has   []bool
}

func (s *Server) help(w http.ResponseWriter, r *http.Request) error {
	d := helpData{
		Roles: account.Roles(), Shortcuts: shortcuts,
		Verdicts: []bundle.Verdict{bundle.Complete, bundle.NeedsReview, bundle.Incomplete},
	}
	for _, row := range account.Table() {
		line := rightRow{Right: row.Right}
		for _, role := range d.Roles {
			line.Has = append(line.Has, role.May(row.Right))
		}
		d.Rights = append(d.Rights, line)
	}
	return s.render(w, r, http.StatusOK, "help", d)
}
