package account

import (
	"slices"
	"testing"
)

// TestRights is the table that the office agreed to.
func TestRights(t *testing.T) {
	want := map[Right][]Role{
		Intake:             {Clerk},
		Arrange:            {Clerk},
		Search:             {Clerk, Reviewer, Staff},
		View:               {Clerk, Reviewer, Staff},
		Correct:            {Clerk, Reviewer},
		SeePersonal:        {Clerk, Reviewer},
		Reports:            {Staff},
		AdministerAccounts: {Admin},
		Audit:              {Admin},
		Monitor:            {Admin},
		Calls:              {Staff, Admin},
		EditCalls:          {Admin},
	}
	table := Table()
	if len(table) != len(want) {
		t.Errorf("the table has %d rows, want %d", len(table), len(want))
	}
	for _, row := range table {
		if !slices.Equal(row.Roles, want[row.Right]) {
			t.Errorf("%s is for %v, want %v", row.Right, row.Roles, want[row.Right])
		}
		if row.Right.Title() == "" {
			t.Errorf("%s has no title", row.Right)
		}
		for _, role := range append(Roles(), "", "root") {
			if role.May(row.Right) != slices.Contains(want[row.Right], role) {
				t.Errorf("%q may %s: %v", role, row.Right, role.May(row.Right))
			}
		}
	}
	for _, role := range Roles() {
		if !role.Valid() || role.May("") || role.Title() == string(role) {
			t.Errorf("%s is valid %v, may do nothing in particular %v, is called %q", role, role.Valid(), role.May(""), role.Title())
		}
	}
}
