// Package call is the profile of a call for applications: its form, the
// documents and plans it asks for, its limits, quotas, dates and rules. A
// profile is a YAML file; built-in ones are compiled in, and Parse reads others
// and says every mistake with its line.
//
// It knows nothing of pages or of what was read from them: package extract
// finds values by a profile, package check holds them against it.
package call

import "slices"

// Call is one year's call: its form, the documents and rules it asks for.
// It is read from a YAML profile; nothing of it is in code.
type Call struct {
	ID       string `yaml:"id"`
	Title    string `yaml:"title"`
	Year     int    `yaml:"year"`
	Deadline Date   `yaml:"deadline"` // the last day on which the recommender may date its opinion

	// Fields says what each value of the form is, by key.
	Fields []Field `yaml:"fields"`
	Form   Form    `yaml:"form"`

	// Documents are the kinds of documents an application must hold.
	Documents []Document `yaml:"documents"`
	// Plans are the guides for the implementation plan.
	Plans []Plan `yaml:"plans"`
	// Letter tells a recommendation letter from other pages.
	Letter Letter `yaml:"letter"`
	// Separators are texts by which a separator sheet is known, as regular expressions.
	Separators []Pattern `yaml:"separators"`
	// Watermarks are texts that scanner apps print and that are no content, as regular expressions.
	Watermarks []Pattern `yaml:"watermarks"`

	Seals       []Seal        `yaml:"seals"`
	Signatures  []Signature   `yaml:"signatures"`
	Dates       []DateRule    `yaml:"dates"`
	Consistency []Consistency `yaml:"consistency"`
	Quota       Quota         `yaml:"quota"`
	Duplicate   Duplicate     `yaml:"duplicate"`

	// Search names the fields by which applications are shown and filtered.
	Search Search `yaml:"search"`

	// Version is a hash of the profile's bytes; set when loaded.
	Version string `yaml:"-"`
}

// FieldType says what values a field holds and how they are read and checked.
type FieldType string

// The types. Text, Person and Unit are strings; LongText keeps paragraphs;
// Choice is a list of labels; Table is a list of rows.
const (
	Text     FieldType = "text"
	Person   FieldType = "person"
	Unit     FieldType = "unit"
	Phone    FieldType = "phone"
	DateType FieldType = "date"
	Integer  FieldType = "integer"
	Postcode FieldType = "postcode"
	Email    FieldType = "email"
	Website  FieldType = "website"
	Choice   FieldType = "choice"
	LongText FieldType = "longtext"
	Rows     FieldType = "table"
)

// Field is one value of the form.
type Field struct {
	Key      string    `yaml:"key"`
	Label    string    `yaml:"label"` // Chinese name, for messages
	Type     FieldType `yaml:"type"`
	Required bool      `yaml:"required"`
	// RequiredWhen makes the field required only where another field holds one
	// of the given values; a "present" check is then given only there.
	RequiredWhen *When `yaml:"required_when"`
	// Limit is the greatest number of characters of a LongText, blanks and line
	// ends not counted; 0 is none.
	Limit int `yaml:"limit"`
	// Options are the printed labels of a Choice, in print order.
	Options []Option `yaml:"options"`
	// Single asks that exactly one option is chosen.
	Single bool `yaml:"single"`
	// Columns are those of a Rows field, in print order.
	Columns []Column `yaml:"columns"`
	// Lexicon lists usual values, as weak help for the reader.
	Lexicon []string `yaml:"lexicon"`
}

// When is a condition on another field.
type When struct {
	Field string   `yaml:"field"`
	In    []string `yaml:"in"`
}

// Option is one check box. Offered false means that the form prints it but
// this call does not offer it. Print is what the form prints where that is
// more than the label (其他（请注明）).
type Option struct {
	Label   string `yaml:"label"`
	Print   string `yaml:"print"`
	Offered *bool  `yaml:"offered"`
}

// Column is one column of a table: its key in the rows and its printed head.
type Column struct {
	Key   string    `yaml:"key"`
	Label string    `yaml:"label"`
	Type  FieldType `yaml:"type"` // Text when absent
}

// Form is the printed application form, in print order.
type Form struct {
	// Title are the lines printed as the cover's title.
	Title []string `yaml:"title"`
	// Cover are the labels with underlined values, in print order.
	Cover []CoverLine `yaml:"cover"`
	// Instructions is the title of the page of instructions.
	Instructions string    `yaml:"instructions"`
	Sections     []Section `yaml:"sections"`
}

// CoverLine is one label of the cover and the field that its value fills.
type CoverLine struct {
	Label string `yaml:"label"`
	Field string `yaml:"field"`
}

// SectionKind is the shape of a form section.
type SectionKind string

// The shapes: GridSection is a ruled table of labels and values known row by
// row; TextSection one long text in a ruled box; ChoiceSection check boxes in a
// ruled box; TableSection a table with a head row and any number of rows;
// OpinionSection a box with an opinion, a signing line, a seal and a date.
const (
	GridSection    SectionKind = "grid"
	TextSection    SectionKind = "text"
	ChoiceSection  SectionKind = "choices"
	TableSection   SectionKind = "table"
	OpinionSection SectionKind = "opinion"
)

// Section is one part of the form.
type Section struct {
	// Heading is printed above or as the first line of the section's box.
	Heading string `yaml:"heading"`
	// Notes are further printed lines below the heading, no part of the value.
	Notes []string    `yaml:"notes"`
	Kind  SectionKind `yaml:"kind"`
	// Rows are a GridSection's cells, left to right, top to bottom.
	Rows [][]FormCell `yaml:"rows"`
	// Field is the value of a text, choices, table or opinion section.
	Field string `yaml:"field"`
	// Role, Signatory and Date belong to an OpinionSection: whose seal and
	// signature stand there, the label printed before the signature, and the
	// field that the date fills.
	Role      string `yaml:"role"`
	Signatory string `yaml:"signatory"`
	SealLabel string `yaml:"seal_label"`
	Date      string `yaml:"date"`
}

// FormCell is one cell of a grid: a printed label, or the place of a field's
// value. A label cell that spans rows stands in each row that it spans, with
// Span true from the second on.
type FormCell struct {
	Label string `yaml:"label"`
	Field string `yaml:"field"`
	Span  bool   `yaml:"span"`
}

// Document is a kind of document that must be there.
type Document struct {
	Kind     string `yaml:"kind"` // a bundle.Kind
	Label    string `yaml:"label"`
	Required bool   `yaml:"required"`
}

// Plan is one guide for the implementation plan. Check plan.type asks that the
// plan follows the guide that the application's choice asks for.
type Plan struct {
	ID string `yaml:"id"`
	// Title is the plan's title as it is printed in plans.
	Title string `yaml:"title"`
	// Field and For: this guide is asked for when Field holds one of For.
	Field string   `yaml:"field"`
	For   []string `yaml:"for"`
	// Headings are what a plan must print, with their numbers, in print order. Between
	// the parts of a heading, … stands for any words or none.
	Headings []string `yaml:"headings"`
}

// Letter tells a recommendation letter by patterns over its lines.
type Letter struct {
	Patterns []Pattern `yaml:"patterns"`
}

// Seal is a seal that must be there. Owner names the field that holds the unit
// whose seal it must be; Alternatives are fields that hold the same name.
type Seal struct {
	Role         string   `yaml:"role"`
	Label        string   `yaml:"label"`
	Owner        string   `yaml:"owner"`
	Alternatives []string `yaml:"alternatives"`
}

// Signature is a signature that must be there.
type Signature struct {
	Role  string `yaml:"role"`
	Label string `yaml:"label"`
}

// DateRule asks for a date; the rule with Deadline true is held against the
// call's deadline.
type DateRule struct {
	Role     string `yaml:"role"`
	Field    string `yaml:"field"`
	Label    string `yaml:"label"`
	Deadline bool   `yaml:"deadline"`
}

// Consistency asks that fields hold the same value. ID is the last part of the
// check's id. Seal, when set, is the role of a seal that must agree too.
type Consistency struct {
	ID     string   `yaml:"id"`
	Label  string   `yaml:"label"`
	Fields []string `yaml:"fields"`
	Seal   string   `yaml:"seal"`
}

// Quota says how many applications a recommender may send. Field holds the
// recommender, Unit the applicant; where both are the same unit, Self holds.
// Else the first Kind whose Pattern matches the recommender's name. The
// alternatives are fields that hold the same names, for when the first was not
// found.
type Quota struct {
	Field            string      `yaml:"field"`
	Alternatives     []string    `yaml:"alternatives"`
	Unit             string      `yaml:"unit"`
	UnitAlternatives []string    `yaml:"unit_alternatives"`
	Self             int         `yaml:"self"`
	Kinds            []QuotaKind `yaml:"kinds"`
	Exempt           []string    `yaml:"exempt"` // units that the quota does not bind
}

// QuotaKind is one kind of recommender.
type QuotaKind struct {
	Label   string  `yaml:"label"`
	Pattern Pattern `yaml:"pattern"`
	Limit   int     `yaml:"limit"`
}

// Duplicate names the fields by which two applications are known to be the same.
type Duplicate struct {
	Fields []string `yaml:"fields"`
}

// Search names the fields that the search index shows and filters by. Of a list
// of fields the first that is filled counts; Country names a table's column as
// "field.column". All may be empty.
type Search struct {
	Name        []string `yaml:"name"`
	Unit        []string `yaml:"unit"`
	Leader      []string `yaml:"leader"`
	Recommender []string `yaml:"recommender"`
	Type        string   `yaml:"type"`
	UnitKind    string   `yaml:"unit_kind"`
	Country     string   `yaml:"country"`
}

// KnowsRecommender says whether the profile knows name as a recommender's: as of one
// of the kinds that have a quota, or as a usual value of the field that holds it.
func (c *Call) KnowsRecommender(name string) bool {
	if name == "" {
		return false
	}
	if slices.ContainsFunc(c.Quota.Kinds, func(k QuotaKind) bool { return k.Pattern.Match(name) }) {
		return true
	}
	f := c.Field(c.Quota.Field)
	return f != nil && slices.Contains(f.Lexicon, name)
}
