package check

import (
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Rule is what the id of a check stands for, for counting: the checks of two
// applications with the same rule asked the same thing.
type Rule struct {
	// ID is the check's, but without the page for those of single pages.
	ID string
	// Kind is the kind of rule: the id without what of the call it names
	// ("document", "field.present", "seal.matches", "page.gap").
	Kind string
	// Label is what of the call it names, in the call's words, or as the id has it
	// where the call has no words for it; "" where a kind names nothing.
	Label string
}

// RuleOf is the rule of a check's id, or of a Rule's. What is no id that Run gives is a rule of its own
// kind, "".
func RuleOf(c *call.Call, id string) Rule {
	part := strings.Split(id, ".")
	kind := part[0]
	if len(part) == 3 {
		kind += "." + part[2]
	}
	r := Rule{ID: id, Kind: kind}
	switch {
	case len(part) == 3 && part[0] == "page":
		r.ID = kind
	case len(part) == 3 && part[0] == "field":
		r.Label = fieldLabel(c, part[1])
	case len(part) == 3 && (part[0] == "seal" || part[0] == "signature" || part[0] == "date"):
		r.Label = roleLabel(c, part[0], part[1])
	case id == "date.deadline":
		r.Kind, r.Label = id, deadlineLabel(c)
	case len(part) != 2:
		r.Kind = ""
	case part[0] == "document":
		r.Label = documentLabel(c, part[1])
	case part[0] == "consistency":
		r.Label = consistencyLabel(c, part[1])
	case part[0] == "plan", part[0] == "page", part[0] == "sheet":
		r.Kind = id
	case part[0] == "quota", part[0] == "duplicate":
	default:
		r.Kind = ""
	}
	return r
}

func fieldLabel(c *call.Call, key string) string {
	if f := c.Field(key); f != nil && f.Label != "" {
		return f.Label
	}
	return key
}

func documentLabel(c *call.Call, kind string) string {
	for _, d := range c.Documents {
		if d.Kind == kind && d.Label != "" {
			return d.Label
		}
	}
	return kind
}

func roleLabel(c *call.Call, of, role string) string {
	switch of {
	case "seal":
		return SealLabel(c, bundle.Role(role))
	case "signature":
		return SignatureLabel(c, bundle.Role(role))
	}
	for _, d := range c.Dates {
		if d.Role == role && d.Label != "" {
			return d.Label
		}
	}
	return role
}

// SealLabel is the call's name of the seal of a role, the role where it has none.
func SealLabel(c *call.Call, role bundle.Role) string {
	for _, s := range c.Seals {
		if s.Role == string(role) && s.Label != "" {
			return s.Label
		}
	}
	return string(role)
}

// SignatureLabel is the call's name of the signature of a role, the role where it has
// none.
func SignatureLabel(c *call.Call, role bundle.Role) string {
	for _, s := range c.Signatures {
		if s.Role == string(role) && s.Label != "" {
			return s.Label
		}
	}
	return string(role)
}

func deadlineLabel(c *call.Call) string {
	for _, d := range c.Dates {
		if d.Deadline {
			return d.Label
		}
	}
	return ""
}

func consistencyLabel(c *call.Call, id string) string {
	for _, k := range c.Consistency {
		if k.ID == id && k.Label != "" {
			return k.Label
		}
	}
	return id
}

// Key is the same for two names that differ in nothing but blanks, marks, the width
// and case of letters, and characters that readers take for one another. It is "" for
// a name without letters and digits.
func Key(name string) string { return string(fold(name)) }

// Claim is what an application takes of its recommender's quota.
type Claim struct {
	// Recommender is "" where the call has no quota, or nobody could be read: then
	// nothing is claimed.
	Recommender string
	// Kind is the kind of recommender that the call's limit is for, and Limit how
	// many applications it may send; "" and 0 where the call has none for it.
	Kind  string
	Limit int
	// Exempt says that the applicant is one whom the quota does not bind.
	Exempt bool
	// Same is the same for applications that are one and count once: those that
	// agree by [Key] in all fields by which the call knows an application. Run is
	// wider: it takes readings that are near for the same, and asks a person.
	Same string
}

// ClaimOf says what an application takes of the quota of its call.
func ClaimOf(c *call.Call, app *bundle.Application) Claim {
	if c.Quota.Field == "" {
		return Claim{}
	}
	r, mine := &run{c: c}, Record(c, app)
	if mine.Recommender == "" {
		return Claim{}
	}
	out := Claim{Recommender: mine.Recommender, Exempt: mine.folded.exempt, Same: app.ID}
	out.Limit, out.Kind = r.quotaLimit(mine.Recommender, mine.folded.self)
	known, names := 0, make([]string, len(mine.folded.known))
	for i, name := range mine.folded.known {
		if name != nil {
			names[i] = string(name.runes)
			known++
		}
	}
	if known >= 2 {
		out.Same = strings.Join(names, "\x00")
	}
	return out
}
