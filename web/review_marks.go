package web

import (
	"strings"
	"unicode/utf8"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/index"
	"sealdesk/pipeline"
)

// markView is a place of a word that was searched for.
type markView struct {
	Page int
	Box  string
}

// maxMarks is how many places are marked; a word that stands everywhere is not one that
// somebody looks for.
const maxMarks = 2000

// marksOf finds where on the pages the words of a search stand.
func marksOf(node index.Node, b *desk.Bundle, app *bundle.Application, pages []int) []markView {
	var out []markView
	if node == nil {
		return nil
	}
	on := map[int]bool{}
	for _, n := range pages {
		on[n] = true
	}
	for _, p := range b.Text {
		if !on[p.Page] {
			continue
		}
		for _, box := range marksOn(node, p) {
			if len(out) == maxMarks {
				return out
			}
			out = append(out, markView{p.Page, boxText(box)})
		}
	}
	// What a person corrected is found, but does not stand in what was read.
	for key, f := range app.Fields {
		if f.Corrected == nil || f.Page < 1 || !inside(f.Box) {
			continue
		}
		var def = (viewer{b: b, app: app}).definition(key)
		if marked(index.Highlight(node, plainValue(def, f.Value))) {
			out = append(out, markView{f.Page, boxText(f.Box)})
		}
	}
	return out
}

func marked(list []index.Segment) bool {
	for _, seg := range list {
		if seg.Mark {
			return true
		}
	}
	return false
}

// marksOn finds the words on one page. Its lines are joined as they are for the index,
// so that a word that is broken over two lines is found, in two boxes.
func marksOn(node index.Node, p pipeline.PageText) []bundle.Box {
	var whole strings.Builder
	starts := make([]int, len(p.Lines))
	last := byte(0)
	for i, l := range p.Lines {
		if l.Text != "" && last != 0 && last < utf8.RuneSelf && l.Text[0] < utf8.RuneSelf {
			whole.WriteByte(' ')
		}
		starts[i] = whole.Len()
		whole.WriteString(l.Text)
		if l.Text != "" {
			last = l.Text[len(l.Text)-1]
		}
	}
	var out []bundle.Box
	at := 0
	for _, seg := range index.Highlight(node, whole.String()) {
		end := at + len(seg.Text)
		if seg.Mark {
			for i, l := range p.Lines {
				from, to := max(at, starts[i])-starts[i], min(end, starts[i]+len(l.Text))-starts[i]
				if from < to && inside(l.Box) {
					out = append(out, part(l.Box, l.Text, from, to))
				}
			}
		}
		at = end
	}
	return out
}

// part is the box of some of a line's bytes, by how wide characters are in print: Han
// characters are twice as wide as letters.
func part(box bundle.Box, text string, from, to int) bundle.Box {
	all, before, within := 0.0, 0.0, 0.0
	for i, r := range text {
		width := 2.0
		if r < 0x2000 {
			width = 1
		}
		all += width
		switch {
		case i < from:
			before += width
		case i < to:
			within += width
		}
	}
	span := box[2] - box[0]
	return bundle.Box{box[0] + span*before/all, box[1], box[0] + span*(before+within)/all, box[3]}
}
