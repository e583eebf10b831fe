package check

import (
	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Recommender gives who recommends app, "" where that is not known: what a person said
// of the form's fields with these keys, else what the code of the separator sheet says,
// where it is of this call and the call knows such a recommender, else the first of the
// fields that is filled.
func Recommender(c *call.Call, app *bundle.Application, keys []string) string {
	for _, k := range keys {
		f := app.Fields[k]
		if s := textOf(f.Value); f.Corrected != nil && s != "" {
			return s
		}
	}
	if s := app.Sheet; s != nil && s.Call == c.ID && c.KnowsRecommender(s.Recommender) {
		return s.Recommender
	}
	for _, k := range keys {
		if s := textOf(app.Fields[k].Value); s != "" {
			return s
		}
	}
	return ""
}

// sheet holds what the code of the separator sheet says against the paper behind it. A
// clerk may have laid the wrong sheet there, so that nothing of it fails.
func (r *run) sheet() {
	s := r.app.Sheet
	if s == nil {
		return
	}
	at := boxed(s.Page, s.Box)
	if s.Call != r.c.ID {
		r.add("sheet.call", bundle.Review, at, "分隔页是为“%s”打印的，这份申报属于“%s”，请核对是否用错了分隔页", short(s.Call), r.c.ID)
		return
	}
	r.add("sheet.call", bundle.Pass, at, "分隔页属于本次申报")
	if s.Recommender != "" && r.c.Quota.Field != "" {
		r.sheetRecommender(*s, at)
	}
}

// sheetRecommender compares the recommender with the form's and with the letter.
func (r *run) sheetRecommender(s bundle.Sheet, at spot) {
	const id = "sheet.recommender"
	name := short(s.Recommender)
	worst, read := same, 0
	var other bundle.Field
	var place string
	for _, k := range recommenderKeys(r.c) {
		f := r.app.Fields[k]
		if !filled(f) || f.Page == s.Page && f.Corrected == nil {
			continue // what stands on the sheet's page was filled in from it
		}
		read++
		if l := compare(s.Recommender, textOf(f.Value), f.Confidence); l > worst {
			worst, other, place = l, f, k
			if known := r.c.Field(k); known != nil {
				place = known.Label
			}
		}
	}
	switch {
	case worst == different:
		r.add(id, bundle.Review, spotOf(other), "分隔页上的推荐单位是“%s”，%s却是“%s”，请核对是否放错了分隔页", name, place, short(textOf(other.Value)))
	case worst == unsure:
		r.add(id, bundle.Review, spotOf(other), "分隔页上的推荐单位是“%s”，%s读作“%s”，略有出入，可能是识别有误，请核对", name, place, short(textOf(other.Value)))
	case s.InLetter != nil && !*s.InLetter && !(read > 0 && r.letterSealed()):
		r.add(id, bundle.Review, r.letterSpot(at), "推荐文件中没有读到分隔页上的推荐单位“%s”，请核对推荐文件是否由其出具", name)
	case read == 0 && s.InLetter == nil:
		r.add(id, bundle.Review, at, "未能读出推荐单位，无法与分隔页上的“%s”比对，请核对", name)
	default:
		r.add(id, bundle.Pass, at, "推荐单位与分隔页一致：“%s”", name)
	}
}

// letterSealed says whether the letter bears the seal of the recommender that the form
// names.
func (r *run) letterSealed() bool {
	for _, s := range r.app.Seals {
		if s.Role == bundle.Letter && s.Matches != nil && *s.Matches {
			return true
		}
	}
	return false
}

// letterSpot is where the letter begins, else is where it is asked for without one.
func (r *run) letterSpot(otherwise spot) spot {
	if d := r.document(bundle.RecommendationLetter); d != nil && len(d.Pages) > 0 {
		return spot{page: d.Pages[0]}
	}
	return otherwise
}
