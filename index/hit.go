package index

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// NewHit gives the hit for a document that matches n, of which the fields and pages need
// not be there; pieces are its texts, as [Pieces] gives them, and all is the same folded,
// as [Texts] gives it. It finds the pages that match best and the snippet. A
// page is better the more different words of the query it holds, then the more
// often it holds them, then the earlier it is.
func NewHit(n Node, d Document, pieces []Piece, all string, score float64) Hit {
	h := Hit{Document: d, Score: score}
	h.Document.Fields, h.Document.Pages = nil, nil
	words := leaves(n)
	if len(words) == 0 {
		return h
	}
	type place struct {
		Piece
		words, times int
		first        int // where the first word ends in the folded text
	}
	var places []place
	for _, p := range pieces {
		var folded string
		folded, all, _ = strings.Cut(all, "\n")
		at := place{Piece: p, first: len(folded)}
		for _, w := range words {
			if k, first := w.count(folded); k > 0 {
				at.words++
				at.times += k
				at.first = min(at.first, first)
			}
		}
		if at.words > 0 {
			places = append(places, at)
		}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(
			cmp.Compare(min(b.Page, 1), min(a.Page, 1)), // places on a page first
			b.words-a.words, b.times-a.times, a.Page-b.Page)
	})
	for _, p := range places {
		if p.Page > 0 && len(h.Pages) < MaxHitPages && !slices.Contains(h.Pages, p.Page) {
			h.Pages = append(h.Pages, p.Page)
		}
	}
	if len(places) > 0 {
		h.Snippet = snippet(highlight(words, places[0].Text, places[0].first))
	}
	return h
}

// count is how often the leaf stands in a folded text, and where it first ends.
func (n Leaf) count(text string) (times, first int) {
	for start, end := n.Find(text, 0); start >= 0; start, end = n.Find(text, end) {
		if times == 0 {
			first = end
		}
		times++
	}
	return times, first
}

// Highlight cuts a text, as it was read, into what n asks for and the rest.
// The segments put together are the text.
func Highlight(n Node, text string) []Segment {
	return highlight(leaves(n), text, len(text)*utf8.UTFMax)
}

// highlight does what Highlight does, and marks nothing that goes on farther than a
// snippet and a word behind what comes from offset last of the folded text.
func highlight(words []Leaf, text string, last int) []Segment {
	behind := 0
	for _, w := range words {
		behind = max(behind, len(strings.Join(w.Pieces, " ")))
	}
	var f folder
	f.fold(text, &offsets{last: last, behind: behind + snippetLength*utf8.UTFMax})
	folded := f.out.String()
	type span struct{ start, end int }
	var spans []span
	for _, w := range words {
		for start, end := w.Find(folded, 0); start >= 0; start, end = w.Find(folded, end) {
			spans = append(spans, span{int(f.at.start[start]), int(f.at.end[end-1])})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	var out []Segment
	done := 0
	for i := 0; i < len(spans); {
		start, end := spans[i].start, spans[i].end
		for i++; i < len(spans) && spans[i].start <= end; i++ {
			end = max(end, spans[i].end)
		}
		if start > done {
			out = append(out, Segment{Text: text[done:start]})
		}
		out = append(out, Segment{Text: text[start:end], Mark: true})
		done = end
	}
	if done < len(text) {
		out = append(out, Segment{Text: text[done:]})
	}
	return out
}

// The length of a snippet in characters: before the first mark, and in all.
const (
	snippetLead   = 20
	snippetLength = 120
)

// snippet cuts highlighted text down to what stands around its first mark.
// An ellipsis stands for what was left out at either end.
func snippet(segments []Segment) []Segment {
	var out []Segment
	if len(segments) > 1 && !segments[0].Mark {
		lead := segments[0].Text
		if cut := len(lead) - len(lastRunes(lead, snippetLead)); cut > 0 {
			segments = slices.Clone(segments)
			segments[0].Text = "…" + lead[cut:]
		}
	}
	left := snippetLength
	for _, s := range segments {
		n := utf8.RuneCountInString(s.Text)
		if n <= left {
			out = append(out, s)
			left -= n
			continue
		}
		if left > 0 {
			out = append(out, Segment{Text: string([]rune(s.Text)[:left]), Mark: s.Mark})
		}
		if last := &out[len(out)-1]; last.Mark {
			out = append(out, Segment{Text: "…"})
		} else {
			last.Text += "…"
		}
		break
	}
	return out
}

// lastRunes is the end of s, n characters long.
func lastRunes(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}
