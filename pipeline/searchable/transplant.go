package searchable

import (
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/pipeline/page"
)

// transplant copies pages from one document to another, with what they are drawn of, each
// object once. The bytes of streams are shared and never changed.
type transplant struct {
	from, to *model.Context
	moved    map[int]types.IndirectRef // by number of the object
}

func newTransplant(from, to *model.Context) *transplant {
	return &transplant{from: from, to: to, moved: map[int]types.IndirectRef{}}
}

// errDeep is a document whose objects lie in one another without end.
var errDeep = errors.New("objects too deep in one another")

// mostDeep is more than any document has.
const mostDeep = 100

// left are entries that no page is drawn of: ways to other pages, what happens on a
// click, and what programs noted.
var left = map[string]bool{
	"Parent": true, "P": true, "A": true, "AA": true, "Dest": true, "Popup": true, "IRT": true, "StructParent": true,
	"StructParents": true, "Metadata": true, "PieceInfo": true, "B": true, "Thumb": true, "LastModified": true, "Tabs": true,
}

// page copies page n, from 1, with what it inherits. It is in no page tree yet.
func (t *transplant) page(n int) (types.Dict, error) {
	d, _, inherited, err := t.from.PageDict(n, false)
	if err != nil {
		return nil, err
	}
	own := types.Dict{}
	for key, o := range d {
		if key != "Annots" {
			own[key] = o
		}
	}
	if own["Resources"] == nil {
		own["Resources"] = t.inherited(d, "Resources")
	}
	if annots := t.annotations(d); len(annots) > 0 {
		own["Annots"] = annots
	}
	o, err := t.copy(own, 0)
	if err != nil {
		return nil, err
	}
	out := o.(types.Dict)
	if inherited.MediaBox == nil {
		return nil, errors.New("page without a size")
	}
	out["MediaBox"] = inherited.MediaBox.Array()
	if inherited.CropBox != nil {
		out["CropBox"] = inherited.CropBox.Array()
	}
	out["Rotate"] = types.Integer(inherited.Rotate)
	if err := t.unhide(d, n, out); err != nil {
		return nil, err
	}
	return out, nil
}

// inherited is an entry of the nearest node above a page that has one.
func (t *transplant) inherited(node types.Dict, key string) types.Object {
	for range mostDeep {
		if node == nil {
			return nil
		}
		if o, ok := node[key]; ok {
			return o
		}
		node, _ = t.from.DereferenceDict(node["Parent"])
	}
	return nil
}

// annotations are those that are drawn on a page; ways to elsewhere are none.
func (t *transplant) annotations(d types.Dict) types.Array {
	all, err := t.from.DereferenceArray(d["Annots"])
	if err != nil {
		return nil
	}
	var out types.Array
	for _, o := range all {
		a, err := t.from.DereferenceDict(o)
		if err != nil || a == nil {
			continue
		}
		if kind := a.Subtype(); kind != nil && *kind != "Link" && *kind != "Popup" && a["AP"] != nil {
			out = append(out, a)
		}
	}
	return out
}

// unhide takes text that another program hid on the page out of it: it would be found and
// copied beside ours.
func (t *transplant) unhide(d types.Dict, n int, out types.Dict) error {
	content, err := t.from.PageContent(d, n)
	if err != nil {
		return nil // it is taken over as it is
	}
	seen := page.WithoutHidden(content)
	if len(seen) == len(content) {
		return nil
	}
	ref, err := streamOf(t.to, seen)
	if err != nil {
		return err
	}
	out["Contents"] = *ref
	return nil
}

// copy copies an object; what it refers to becomes an object of the other document.
func (t *transplant) copy(o types.Object, depth int) (types.Object, error) {
	if depth > mostDeep {
		return nil, errDeep
	}
	switch o := o.(type) {
	case types.IndirectRef:
		return t.refer(o, depth)
	case types.Dict:
		return t.dict(o, depth)
	case types.Array:
		out := make(types.Array, len(o))
		for i, v := range o {
			var err error
			if out[i], err = t.copy(v, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case types.StreamDict:
		d, err := t.dict(o.Dict, depth)
		if err != nil {
			return nil, err
		}
		length := int64(len(o.Raw))
		d["Length"] = types.Integer(length)
		o.Dict, o.StreamLength, o.StreamLengthObjNr = d, &length, nil
		return o, nil
	}
	return o, nil
}

func (t *transplant) dict(d types.Dict, depth int) (types.Dict, error) {
	out := make(types.Dict, len(d))
	for key, v := range d {
		if left[key] {
			continue
		}
		var err error
		if out[key], err = t.copy(v, depth+1); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return out, nil
}

func (t *transplant) refer(ref types.IndirectRef, depth int) (types.Object, error) {
	number := ref.ObjectNumber.Value()
	if moved, ok := t.moved[number]; ok {
		return moved, nil
	}
	o, err := t.from.Dereference(ref)
	if err != nil || o == nil {
		return nil, err
	}
	// Its number is given before it is copied, since objects refer to one another in rings.
	moved, err := t.to.IndRefForNewObject(nil)
	if err != nil {
		return nil, err
	}
	t.moved[number] = *moved
	entry, _ := t.to.FindTableEntryForIndRef(moved)
	if entry.Object, err = t.copy(o, depth+1); err != nil {
		return nil, err
	}
	return *moved, nil
}

// streamOf puts a packed stream into a document.
func streamOf(doc *model.Context, data []byte) (*types.IndirectRef, error) {
	s, err := doc.NewStreamDictForBuf(data)
	if err != nil {
		return nil, err
	}
	if err := s.Encode(); err != nil {
		return nil, err
	}
	return doc.IndRefForNewObject(*s)
}
