package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"sealdesk/bundle"
	"sealdesk/extract/correct"
)

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
				return want.Label, v.app.FirstText(append([]string{want.Owner}, want.Alternatives...))
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
