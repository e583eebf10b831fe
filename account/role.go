package account

import "slices"

// Role is what a person does at the desk. It decides what they may see and do.
type Role string

// The roles.
const (
	Clerk    Role = "clerk"    // takes bundles in
	Reviewer Role = "reviewer" // judges applications
	Staff    Role = "staff"    // draws up reports, without personal data
	Admin    Role = "admin"    // administers accounts and reads the audit trail, not the papers
)

// Right is something that a role may or may not do.
type Right string

// The rights.
const (
	// Intake is to bring bundles, see the board, retry and cancel, and print receipts.
	Intake Right = "intake"
	// Arrange is to join, split, turn, move and drop pages.
	Arrange Right = "arrange"
	// Search is to look for applications and to see lists of them.
	Search Right = "search"
	// View is to open an application and the pictures of its pages. Without
	// SeePersonal, what is personal has to be masked there too: a picture shows
	// whatever stands on the paper.
	View Right = "view"
	// Correct is to correct fields.
	Correct Right = "correct"
	// SeePersonal is to see phones, e-mails and postal data of persons, which are
	// masked for everybody else, and to search by them.
	SeePersonal Right = "see-personal"
	// Reports is to draw up and download reports.
	Reports Right = "reports"
	// Calls is to see the calls that applications answer, and what their profiles ask for.
	Calls Right = "calls"
	// EditCalls is to make a new year's call.
	EditCalls Right = "edit-calls"
	// AdministerAccounts is to administer accounts.
	AdministerAccounts Right = "accounts"
	// Audit is to read the audit trail.
	Audit Right = "audit"
	// Monitor is to read the figures of how the program runs, which have no papers in them.
	Monitor Right = "monitor"
)

// Rights says what each role may do. It is the only such table, and nobody changes it
// while the program runs.
var Rights = map[Role][]Right{
	Clerk:    {Intake, Arrange, Search, View, Correct, SeePersonal},
	Reviewer: {Search, View, Correct, SeePersonal},
	Staff:    {Search, View, Reports, Calls},
	Admin:    {Calls, EditCalls, AdministerAccounts, Audit, Monitor},
}

var (
	roles  = []Role{Clerk, Reviewer, Staff, Admin}
	rights = []Right{Intake, Arrange, Search, View, Correct, SeePersonal, Reports, Calls, EditCalls, AdministerAccounts, Audit, Monitor}
)

var roleTitles = map[Role]string{Clerk: "受理员", Reviewer: "审核员", Staff: "统计员", Admin: "管理员"}

var rightTitles = map[Right]string{
	Intake: "接收材料", Arrange: "整理页面", Search: "检索", View: "查看申报和页面", Correct: "更正内容",
	SeePersonal: "查看联系方式", Reports: "报表", Calls: "查看申报通知", EditCalls: "新建申报通知", AdministerAccounts: "管理账号", Audit: "查看审计记录",
	Monitor: "查看运行指标",
}

// May says whether a role has a right. A role that does not exist has none.
func (r Role) May(right Right) bool { return slices.Contains(Rights[r], right) }

// Valid says whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Title is the role's name for people, in Chinese; the role itself where there is none.
func (r Role) Title() string {
	if t, ok := roleTitles[r]; ok {
		return t
	}
	return string(r)
}

// Title is the right's name for people, in Chinese.
func (r Right) Title() string { return rightTitles[r] }

// Roles gives all roles, in the order in which they are shown.
func Roles() []Role { return slices.Clone(roles) }

// Row is one right in the table of rights, and the roles that have it.
type Row struct {
	Right Right
	Roles []Role // in the order of [Roles]
}

// Table is [Rights] by right, for people: every right once, in the order in which they
// are shown.
func Table() []Row {
	var t []Row
	for _, right := range rights {
		row := Row{Right: right}
		for _, role := range roles {
			if role.May(right) {
				row.Roles = append(row.Roles, role)
			}
		}
		t = append(t, row)
	}
	return t
}
