package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
)

// panelView is the right side of the review view: all that is known of an application
// beside its pages. It is what answers to a correction.
type panelView struct {
	ID, Sha, Action string // Action is where corrections are sent
	Name, Unit      string
	Year            int
	Call            string
	Verdict         bundle.Verdict
	Seen            int         // the newest correction that it shows
	May             bool        // whether the visitor may correct
	Said            string      // the key of a message about what was just done, "" for none
	Checks          []checkView // those that fail or need a person
	Passed          []checkView
	Doubtful        []fieldView
	Fields          []fieldView // the others, in the order of the form
	Seals           []sealView
	Signatures      []signatureView
	Documents       []documentView
	Gaps            []bundle.Gap
	Flaws           []flawView
	History         []changeView
	Same            []hitView
}

// placeView is where something stands: the page, 0 for nowhere, and the box as
// "left,top,right,bottom", "" for the whole page.
type placeView struct {
	Page int
	Box  string
	Link string // shows the page, where scripts do not
}

type checkView struct {
	placeView
	Target  string
	ID      string // of the element
	Rule    string
	Status  bundle.Status
	Message string
	Decide  bool // whether a person decides
	Mark    *bundle.Mark
}

type fieldView struct {
	placeView
	Key, ID, Target, Label string
	Text                   string
	Columns                []call.Column
	Rows                   [][]string
	Long                   bool
	Blank                  bool
	Absent                 bool // not found on the paper at all
	Percent                int  // how sure the reader is
	Doubt                  bool
	Note                   string
	Mark                   *bundle.Mark
	May                    bool
	Edit                   *editView // the open form, nil while it is closed
}

type sealView struct {
	placeView
	Target, ID      string
	Label           string // whose seal stands there
	Expected        string // the unit that should have stamped, "" where it is not known
	Text            string // as read
	Cut             string // address of the picture
	Agrees, Differs bool   // neither where nobody knows
	Doubt           bool
	Note            string
	Mark            *bundle.Mark
	May             bool
	Missing         bool // it should be there and was not found
}

type signatureView struct {
	placeView
	Target, ID, Label, Cut string
	Present                bool
	Doubt                  bool
	Mark                   *bundle.Mark
	May                    bool
}

type documentView struct {
	Kind  bundle.Kind
	Label string // of the call, "" where it has none
	Pages []pageLink
}

type flawView struct {
	placeView
	Message string
}

// changeView is a correction in the history.
type changeView struct {
	Seq     int
	Time    time.Time
	Name    string
	Label   string
	Was, Is string
	Confirm bool
	Undo    int  // the one that it takes back
	Undone  bool // whether a later one took it back
	May     bool // whether the visitor may take it back
}

// panelState is what a request adds to the panel.
type panelState struct {
	edit     string // the target whose form is open
	said     string
	problem  string // the key of what is wrong with what was typed
	typed    any    // what was typed, nil for nothing
	conflict *desk.Conflict
}

// viewer makes the panel of one application for one visitor.
type viewer struct {
	b    *desk.Bundle
	app  *bundle.Application
	lang string
	may  bool // correct
	open bool // see personal data
}

func (s *Server) viewer(r *http.Request, b *desk.Bundle, app *bundle.Application) viewer {
	v := visitOf(r)
	return viewer{b: b, app: app, lang: v.Lang, may: v.may(account.Correct), open: v.may(account.SeePersonal)}
}

func (s *Server) panel(r *http.Request, b *desk.Bundle, app *bundle.Application, state panelState) (panelView, error) {
	v := s.viewer(r, b, app)
	p := panelView{
		ID: app.ID, Sha: b.Result.SHA256, Action: correctionsLink(app.ID), Year: app.Year, Call: app.Call, Verdict: app.Verdict,
		Seen: lastSeq(b.History), May: v.may, Said: state.said, Gaps: app.Gaps, Flaws: v.flaws(),
		Seals: v.seals(), Signatures: v.signatures(), Documents: v.documents(), History: v.history(),
	}
	p.Name, p.Unit = titles(b, app)
	if b.Call != nil {
		p.Call = b.Call.Title
	}
	for i, c := range app.Checks {
		view := v.check(i, c)
		if c.Status == bundle.Pass && c.Corrected == nil {
			p.Passed = append(p.Passed, view)
		} else {
			p.Checks = append(p.Checks, view)
		}
	}
	rank := map[bundle.Status]int{bundle.Fail: 0, bundle.Review: 1, bundle.Pass: 2}
	slices.SortStableFunc(p.Checks, func(a, b checkView) int { return rank[a.Status] - rank[b.Status] })
	for _, f := range v.fields() {
		if f.Target == state.edit {
			f.Edit = v.edit(f.Key, state)
		}
		if f.Doubt {
			p.Doubtful = append(p.Doubtful, f)
		} else {
			p.Fields = append(p.Fields, f)
		}
	}
	same, err := s.desk.Same(r.Context(), app.ID)
	if err != nil {
		return p, err
	}
	for _, h := range same {
		p.Same = append(p.Same, hitOf(h, nil, "", v.open))
	}
	return p, nil
}

func lastSeq(history []correct.Correction) int {
	last := 0
	for _, c := range history {
		last = max(last, c.Seq)
	}
	return last
}

// doubtPages are the pages with something that waits for a person.
func (p panelView) doubtPages() map[int]bool {
	out := map[int]bool{}
	for _, c := range p.Checks {
		out[c.Page] = out[c.Page] || c.Status != bundle.Pass
	}
	for _, f := range p.Doubtful {
		out[f.Page] = true
	}
	return out
}

func (v viewer) place(page int, box *bundle.Box) placeView {
	p := placeView{Page: page}
	if page > 0 {
		p.Link = applicationLink(v.app.ID, page, "")
	}
	if page > 0 && box != nil && inside(*box) {
		p.Box = boxText(*box)
	}
	return p
}

func boxText(b bundle.Box) string {
	parts := make([]string, len(b))
	for i, x := range b {
		parts[i] = strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strings.Join(parts, ",")
}

// inside says whether a box has an area on the page.
func inside(b bundle.Box) bool {
	return b[0] >= 0 && b[1] >= 0 && b[2] <= 1 && b[3] <= 1 && b[0] < b[2] && b[1] < b[3]
}

func (v viewer) check(i int, c bundle.Check) checkView {
	message := c.Message
	if !v.open {
		message = v.maskMessage(c.ID, message)
	}
	return checkView{
		placeView: v.place(c.Page, c.Box), Target: "check:" + c.ID, ID: fmt.Sprintf("c-%d", i), Rule: c.ID,
		Status: c.Status, Message: message, Mark: c.Corrected,
		Decide: v.may && (c.Status == bundle.Review || c.Corrected != nil),
	}
}

// maskMessage masks a check's message, which may quote the value that it is about.
func (v viewer) maskMessage(id, message string) string {
	parts := strings.Split(id, ".")
	if f := v.definition(parts[min(1, len(parts)-1)]); f != nil && personalType(f.Type) {
		if value := plainValue(f, v.app.Fields[f.Key].Value); value != "" {
			message = strings.ReplaceAll(message, value, maskValue(value))
		}
	}
	return maskText(message)
}

// definition is what the call says of a field, nil for nothing.
func (v viewer) definition(key string) *call.Field {
	if v.b.Call == nil {
		return nil
	}
	return v.b.Call.Field(key)
}

func (v viewer) label(key string) string {
	if f := v.definition(key); f != nil {
		return f.Label
	}
	return key
}

// fields gives all fields, in the order of the form; those that the call does not know
// come last.
func (v viewer) fields() []fieldView {
	var keys []string
	if v.b.Call != nil {
		for i := range v.b.Call.Fields {
			f := &v.b.Call.Fields[i]
			if _, found := v.app.Fields[f.Key]; found || v.asked(f) {
				keys = append(keys, f.Key)
			}
		}
	}
	var rest []string
	for key := range v.app.Fields {
		if !slices.Contains(keys, key) {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	out := make([]fieldView, 0, len(keys)+len(rest))
	for _, key := range append(keys, rest...) {
		out = append(out, v.field(key))
	}
	return out
}

// asked says whether a field that was not found has to be there.
func (v viewer) asked(f *call.Field) bool {
	return f.Required && (f.RequiredWhen == nil || v.statusOf("field."+f.Key+".present") != "")
}

// statusOf is the outcome of a check, "" where it was not asked.
func (v viewer) statusOf(id string) bundle.Status {
	for _, c := range v.app.Checks {
		if c.ID == id {
			return c.Status
		}
	}
	return ""
}

// sure is how sure the reader has to be of a value that nobody looks at.
const sure = 0.8

func (v viewer) field(key string) fieldView {
	def := v.definition(key)
	f, found := v.app.Fields[key]
	out := fieldView{
		placeView: v.place(f.Page, &f.Box), Key: key, ID: "f-" + key, Target: "field:" + key, Label: v.label(key),
		Percent: int(f.Confidence*100 + .5), Note: f.Note, Mark: f.Corrected, Absent: !found, May: v.may && def != nil,
	}
	personal := def != nil && personalType(def.Type)
	if personal && !v.open {
		out.May = false
	}
	out.Doubt = f.Corrected == nil && (!found || f.Note != "" || f.Confidence < sure || v.complained(key))
	if def != nil && def.Type == call.Rows {
		out.Columns, out.Rows = def.Columns, v.rows(def, f.Value)
		out.Blank = len(out.Rows) == 0
		return out
	}
	out.Text = v.shown(def, f.Value)
	out.Blank = out.Text == ""
	out.Long = def != nil && def.Type == call.LongText
	return out
}

// complained says whether a check about a field's own value does not pass.
func (v viewer) complained(key string) bool {
	return slices.ContainsFunc(v.app.Checks, func(c bundle.Check) bool {
		return c.Status != bundle.Pass && c.Corrected == nil && strings.HasPrefix(c.ID, "field."+key+".")
	})
}

// shown is a value as the visitor may see it.
func (v viewer) shown(def *call.Field, value any) string {
	text := plainValue(def, value)
	switch {
	case v.open:
	case def == nil || def.Type == call.LongText || def.Type == call.Rows:
		text = maskText(text)
	case personalType(def.Type):
		text = maskValue(text)
	}
	return text
}

// plainValue is a value as people read it; a table has a line for each row.
func plainValue(def *call.Field, value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case int:
		return strconv.Itoa(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []string:
		return strings.Join(value, "、")
	case []map[string]string:
		var lines []string
		for _, row := range value {
			var cells []string
			if def != nil {
				for _, c := range def.Columns {
					cells = append(cells, row[c.Key])
				}
			}
			lines = append(lines, strings.Join(cells, " | "))
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// rows are the cells of a table, column by column as the call has them.
func (v viewer) rows(def *call.Field, value any) [][]string {
	list, _ := value.([]map[string]string)
	var out [][]string
	for _, row := range list {
		var cells []string
		for _, c := range def.Columns {
			cell := row[c.Key]
			if !v.open && personalType(c.Type) {
				cell = maskValue(cell)
			} else if !v.open {
				cell = maskText(cell)
			}
			cells = append(cells, cell)
		}
		out = append(out, cells)
	}
	return out
}

func (v viewer) seals() []sealView {
	var out []sealView
	found := map[bundle.Role]bool{}
	for i, seal := range v.app.Seals {
		found[seal.Role] = true
		label, expected := v.owner(seal.Role)
		out = append(out, sealView{
			placeView: v.place(seal.Page, &seal.Box), Target: fmt.Sprintf("seal:%d", i), ID: fmt.Sprintf("s-%d", i),
			Label: label, Expected: expected, Text: seal.Text, Cut: v.cut(seal.Page, seal.Box), Agrees: seal.Matches != nil && *seal.Matches, Differs: seal.Matches != nil && !*seal.Matches,
			Note: seal.Note, Mark: seal.Corrected, May: v.may && seal.Role != bundle.Unknown,
			Doubt: seal.Corrected == nil && seal.Role != bundle.Unknown && (seal.Matches == nil || !*seal.Matches || v.statusOf("seal."+string(seal.Role)+".matches") == bundle.Review),
		})
	}
	if v.b.Call != nil {
		for _, want := range v.b.Call.Seals {
			if role := bundle.Role(want.Role); !found[role] {
				label, expected := v.owner(role)
				out = append(out, sealView{ID: "s-" + want.Role, Label: label, Expected: expected, Missing: true})
			}
		}
	}
	return out
}

// owner gives what a seal is called, and the unit that should have stamped it.
func (v viewer) owner(role bundle.Role) (label, unit string) {
	if v.b.Call != nil {
		for _, want := range v.b.Call.Seals {
			if want.Role == string(role) {
				return want.Label, firstFilled(v.app, append([]string{want.Owner}, want.Alternatives...))
			}
		}
	}
	return "", ""
}

// cut is the address of the picture of what stands in a box, with a little around it.
func (v viewer) cut(page int, box bundle.Box) string {
	if page < 1 || !inside(box) {
		return ""
	}
	const margin = 0.1
	dx, dy := (box[2]-box[0])*margin, (box[3]-box[1])*margin
	wide := bundle.Box{max(0, box[0]-dx), max(0, box[1]-dy), min(1, box[2]+dx), min(1, box[3]+dy)}
	for i := range wide {
		wide[i] = float64(int(wide[i]*1e5+.5)) / 1e5
	}
	q := url.Values{"box": {boxText(wide)}, "w": {strconv.Itoa(cutWidth)}, "turn": {strconv.Itoa(turnOf(v.b.Result, page))}}
	return fmt.Sprintf("/bundles/%s/cut/%d?%s", v.b.Result.SHA256, page, q.Encode())
}

// turnOf is how a page is turned in its pictures.
func turnOf(r *bundle.Result, page int) int {
	for _, info := range r.PageInfo {
		if info.Page == page {
			return info.Rotation
		}
	}
	return 0
}

func (v viewer) signatures() []signatureView {
	var out []signatureView
	for _, sig := range v.app.Signatures {
		label := string(sig.Role)
		if v.b.Call != nil {
			for _, want := range v.b.Call.Signatures {
				if want.Role == string(sig.Role) {
					label = want.Label
				}
			}
		}
		out = append(out, signatureView{
			placeView: v.place(sig.Page, &sig.Box), Target: "signature:" + string(sig.Role), ID: "g-" + string(sig.Role),
			Label: label, Cut: v.cut(sig.Page, sig.Box), Present: sig.Present, Mark: sig.Corrected, May: v.may,
			Doubt: sig.Corrected == nil && v.statusOf("signature."+string(sig.Role)+".present") == bundle.Review,
		})
	}
	return out
}

func (v viewer) documents() []documentView {
	var out []documentView
	for _, doc := range v.app.Documents {
		d := documentView{Kind: doc.Kind}
		if v.b.Call != nil {
			for _, want := range v.b.Call.Documents {
				if want.Kind == string(doc.Kind) {
					d.Label = want.Label
				}
			}
		}
		for _, n := range doc.Pages {
			d.Pages = append(d.Pages, pageLink{n, applicationLink(v.app.ID, n, "")})
		}
		out = append(out, d)
	}
	return out
}

// flaws are those of the scans of the application's pages.
func (v viewer) flaws() []flawView {
	var out []flawView
	for _, info := range v.b.Result.PageInfo {
		if !inDocuments(v.app, info.Page) {
			continue
		}
		for _, f := range info.Flaws {
			out = append(out, flawView{v.place(info.Page, f.Box), f.Message})
		}
	}
	return out
}

// history gives the application's corrections, newest first.
func (v viewer) history() []changeView {
	undone := map[int]bool{}
	for _, c := range v.b.History {
		if c.Undo > 0 {
			undone[c.Undo] = true
		}
	}
	var out []changeView
	for _, c := range slices.Backward(v.b.History) {
		if c.Application != v.app.ID {
			continue
		}
		change := changeView{
			Seq: c.Seq, Time: c.Time, Name: c.Name, Label: v.targetLabel(c.Target), Undo: c.Undo,
			Undone: undone[c.Seq], May: v.may && c.Undo == 0 && !undone[c.Seq],
		}
		change.Was, change.Is = v.said(c.Target, c.Was), v.said(c.Target, c.Is)
		change.Confirm = c.Undo == 0 && change.Was == change.Is
		out = append(out, change)
	}
	return out
}

// targetLabel is what people call the target of a correction.
func (v viewer) targetLabel(target string) string {
	kind, name := correct.Split(target)
	switch kind {
	case correct.Field:
		return v.label(name)
	case correct.Seal:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v.app.Seals) {
			if label, _ := v.owner(v.app.Seals[i].Role); label != "" {
				return label
			}
		}
	case correct.Signature:
		for _, s := range v.signatures() {
			if s.Target == target {
				return s.Label
			}
		}
	}
	return name
}

// said is the value of a correction, for people.
func (v viewer) said(target string, value any) string {
	kind, name := correct.Split(target)
	key := ""
	switch yes, isBool := value.(bool); {
	case kind == correct.Field:
		def := v.definition(name)
		if def != nil {
			if typed, ok := correct.Value(def, value); ok {
				value = typed
			}
		}
		if text := v.shown(def, value); text != "" {
			return text
		}
		key = "review.blank"
	case kind == correct.Check:
		key = map[string]string{"pass": "review.status.pass", "fail": "review.status.fail"}[fmt.Sprint(value)]
		if key == "" {
			key = "review.status.review"
		}
	case !isBool:
		key = "review.unknown"
	case kind == correct.Seal && yes:
		key = "review.seal.agrees"
	case kind == correct.Seal:
		key = "review.seal.differs"
	case yes:
		key = "review.signature.present"
	default:
		key = "review.signature.absent"
	}
	text, err := say(v.lang, key)
	if err != nil {
		return ""
	}
	return text
}
