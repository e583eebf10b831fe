// Package bundle holds the types of a bundle's result: the public contract of
// `sealdesk process --json`, of the stored result.json and of the search index.
//
// It has no logic beyond that of its types: it reads no pages, checks no rules
// and does no I/O.
package bundle

import (
	"errors"
	"fmt"
	"image"
	"time"
)

// Box is [left, top, right, bottom] as fractions (0..1) of the upright,
// deskewed page.
type Box [4]float64

// BoxOf turns a pixel rectangle on a page of w x h pixels into a Box, rounded
// to five decimals so that results are the same on every machine.
func BoxOf(r image.Rectangle, w, h int) Box {
	if w <= 0 || h <= 0 {
		return Box{}
	}
	f := func(v, n int) float64 {
		v = min(max(v, 0), n)
		return float64(int(float64(v)/float64(n)*1e5+0.5)) / 1e5
	}
	return Box{f(r.Min.X, w), f(r.Min.Y, h), f(r.Max.X, w), f(r.Max.Y, h)}
}

// Kind is the kind of a page or document.
type Kind string

// The document kinds of the contract.
const (
	ApplicationForm      Kind = "application_form"
	ImplementationPlan   Kind = "implementation_plan"
	RecommendationLetter Kind = "recommendation_letter"
	Attachment           Kind = "attachment"
	Separator            Kind = "separator"
	Blank                Kind = "blank"
)

// Role says who a seal or signature belongs to.
type Role string

// The seal and signature roles of the contract.
const (
	HostUnit         Role = "host_unit"
	RecommendingDept Role = "recommending_dept"
	Letter           Role = "letter"
	Unknown          Role = "unknown"
)

// Status is the outcome of one check.
type Status string

// The outcomes of a check. Doubt is Review, never a silent guess.
const (
	Pass   Status = "pass"
	Fail   Status = "fail"
	Review Status = "review"
)

// Verdict is the outcome of an application.
type Verdict string

// The verdicts: Incomplete when a required check fails, NeedsReview when none
// fails but one needs a person, else Complete.
const (
	Complete    Verdict = "complete"
	Incomplete  Verdict = "incomplete"
	NeedsReview Verdict = "review"
)

// Code says why a file could not be read.
type Code string

// The error codes of the contract.
const (
	CodeEmpty       Code = "empty"
	CodeDamaged     Code = "damaged"
	CodeEncrypted   Code = "encrypted"
	CodeUnsupported Code = "unsupported"
	CodeTooLarge    Code = "too_large"
	CodeNoPages     Code = "no_pages"
	CodeTimeout     Code = "timeout"
	CodeInternal    Code = "internal"
)

// Error is a file or page that could not be read. Message is a sentence for
// people: what is wrong and what to do. It is a Go error.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Err is the cause, for logs; it never reaches the JSON.
	Err error `json:"-"`
}

// Error gives the code, the sentence and the cause.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}

// Cause is the error without its sentence for people, which may name a file or somebody:
// the code and what lies behind it, for the log.
func (e *Error) Cause() error {
	if e.Err == nil {
		return errors.New(string(e.Code))
	}
	return fmt.Errorf("%s: %w", e.Code, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Failure is the NDJSON line of a file that could not be read.
type Failure struct {
	File  string `json:"file"`
	Error *Error `json:"error"`
}

// Result is all that is known of one bundle.
type Result struct {
	File         string        `json:"file"`
	SHA256       string        `json:"sha256"`
	Pages        int           `json:"pages"`
	PageInfo     []PageInfo    `json:"page_info"`
	Applications []Application `json:"applications"`
	// Engine and CallVersion name what made this result.
	Engine      string `json:"engine,omitempty"`
	CallVersion string `json:"call_version,omitempty"`
}

// PageInfo describes one page of the input file. Page counts from 1; Rotation
// is the clockwise turn in degrees (0, 90, 180, 270) that makes the page
// upright; Skew is how far, in degrees clockwise, the upright page's content
// is turned.
type PageInfo struct {
	Page     int     `json:"page"`
	Rotation int     `json:"rotation"`
	Skew     float64 `json:"skew"`
	Blank    bool    `json:"blank"`
	Kind     Kind    `json:"kind"`
	// Error is set when this page could not be read; the rest of the bundle was.
	Error *Error `json:"error,omitempty"`
	// Flaws are what is wrong with the scan as a picture.
	Flaws []Flaw `json:"flaws,omitempty"`
}

// FlawKind says what is wrong with the scan of a page.
type FlawKind string

// The flaws of a scan: strokes without edges, print that runs over the picture's
// edge, a page too dark or too light to read with certainty, too few pixels, two sheets
// that were drawn in at once.
const (
	Blurred FlawKind = "blurred"
	Cut     FlawKind = "cut"
	Dark    FlawKind = "dark"
	Light   FlawKind = "light"
	Coarse  FlawKind = "coarse"
	// DoubleFed covers what stands on the lower sheet.
	DoubleFed FlawKind = "double_fed"
)

// Flaw is one fault of a page's scan. Message is Chinese and tells the clerk what
// to do; Box is where, nil for the whole page.
type Flaw struct {
	Kind    FlawKind `json:"kind"`
	Message string   `json:"message"`
	Box     *Box     `json:"box,omitempty"`
}

// Application is one applicant's submission.
type Application struct {
	ID         string           `json:"id"`
	Call       string           `json:"call"`
	Year       int              `json:"year"`
	Documents  []Document       `json:"documents"`
	Fields     map[string]Field `json:"fields"`
	Seals      []Seal           `json:"seals"`
	Signatures []Signature      `json:"signatures"`
	Plan       *Plan            `json:"plan,omitempty"`
	Checks     []Check          `json:"checks"`
	Verdict    Verdict          `json:"verdict"`
	// Gaps are the places where pages seem to be missing.
	Gaps []Gap `json:"gaps,omitempty"`
	// Receipt is the number of the application's own receipt, as the code on the
	// separator sheet before it gives it; "" for none.
	Receipt string `json:"receipt,omitempty"`
	// Sheet is the separator sheet with a code that the application lay behind, nil
	// for none.
	Sheet *Sheet `json:"sheet,omitempty"`
}

// Sheet is what the code on a separator sheet says of the application behind it: the
// id of the call that the sheet was printed for, and who recommends. Page is the
// sheet's, in the input file; Box is where the code stands on it.
type Sheet struct {
	Page        int    `json:"page"`
	Box         Box    `json:"box"`
	Call        string `json:"call"`
	Recommender string `json:"recommender,omitempty"`
	// InLetter says whether the recommendation letter names that recommender; nil
	// where there is no letter or no recommender.
	InLetter *bool `json:"in_letter,omitempty"`
}

// Gap is a place in an application where pages seem to be missing: behind page
// After of the input file. Message is Chinese, for the clerk.
type Gap struct {
	After   int    `json:"after"`
	Message string `json:"message"`
}

// FirstText is the first of the fields' values that is text and not blank, "" for none.
func (a *Application) FirstText(keys []string) string {
	for _, key := range keys {
		if s, ok := a.Fields[key].Value.(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// Document is a run of pages of one kind.
type Document struct {
	Kind  Kind  `json:"kind"`
	Pages []int `json:"pages"`
}

// Mark is a person's hand in a result: who, when, and the number of the correction
// among the bundle's. Results as they are read have none.
type Mark struct {
	By   string    `json:"by"` // the name that others see
	Time time.Time `json:"time"`
	Seq  int       `json:"seq"`
}

// Field is one value with its evidence. Value is a string, an int, a []string
// (labels of chosen check boxes) or a []map[string]string (rows of a table);
// a field that is blank on the paper has "" or an empty list.
type Field struct {
	Value      any     `json:"value"`
	Confidence float64 `json:"confidence"`
	Page       int     `json:"page"`
	Box        Box     `json:"box"`
	// Raw is the text as read, where Value is a cleaned form of it.
	Raw string `json:"raw,omitempty"`
	// Note says in Chinese why a person should look, when one should.
	Note string `json:"note,omitempty"`
	// Corrected says who corrected or confirmed it, nil for nobody.
	Corrected *Mark `json:"corrected,omitempty"`
}

// Seal is one stamped seal. Matches says whether its ring text agrees with the
// unit that should have stamped; nil when it could not be read.
type Seal struct {
	Role       Role    `json:"role"`
	Page       int     `json:"page"`
	Box        Box     `json:"box"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
	Matches    *bool   `json:"matches"`
	Note       string  `json:"note,omitempty"`
	// Corrected says who corrected or confirmed it, nil for nobody.
	Corrected *Mark `json:"corrected,omitempty"`
}

// Signature is one signing place. Box is the ink, or the place where it should be.
type Signature struct {
	Role       Role    `json:"role"`
	Present    bool    `json:"present"`
	Page       int     `json:"page"`
	Box        Box     `json:"box"`
	Confidence float64 `json:"confidence"`
	// Corrected says who corrected or confirmed it, nil for nobody.
	Corrected *Mark `json:"corrected,omitempty"`
}

// Plan is what was found of the implementation plan: which guide it follows
// (the call's plan id, "" when it could not be told) and which headings it has.
type Plan struct {
	Guide      string    `json:"guide"`
	Confidence float64   `json:"confidence"`
	Page       int       `json:"page"`
	Box        Box       `json:"box"`
	Headings   []Heading `json:"headings"`
}

// Heading is one heading the plan's guide asks for. Confidence is 0..1 that
// Found is right.
type Heading struct {
	Text       string  `json:"text"`
	Found      bool    `json:"found"`
	Confidence float64 `json:"confidence"`
	Page       int     `json:"page,omitempty"`
	Box        *Box    `json:"box,omitempty"`
}

// Check is one rule of the call, applied. Message is Chinese, for a clerk;
// Page and Box are the place on the paper, where there is one.
type Check struct {
	ID      string `json:"id"`
	Status  Status `json:"status"`
	Message string `json:"message"`
	Page    int    `json:"page,omitempty"`
	Box     *Box   `json:"box,omitempty"`
	// Corrected says who corrected or confirmed it, nil for nobody.
	Corrected *Mark `json:"corrected,omitempty"`
}
