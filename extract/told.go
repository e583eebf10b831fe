package extract

import (
	"sealdesk/bundle"
	"sealdesk/extract/call"
)

const (
	// toldOnly is the confidence of a value that a sheet gives and the paper does
	// not: low, so that a person looks.
	toldOnly = 0.4
	// toldAgain is that of a value that reads as the sheet has it.
	toldAgain = 0.98
	// leftBlank is the confidence from which a value is blank on the paper.
	leftBlank = 0.7
	// named is the likeness from which a letter names a recommender: one character
	// in eight may be misread.
	named = 0.85
)

// told puts into an application what the code of its sheet says. What was read on the
// paper stays as it is: a sheet may lie before the wrong application. It only fills in
// the recommender where that was not found or not read.
func (l lot) told(c *call.Call, a *bundle.Application) {
	code := *l.sheet.code
	a.Receipt, a.Sheet = l.sheet.receipt, &code
	if code.Recommender == "" {
		return
	}
	for _, p := range l.pages {
		if p.Kind == bundle.RecommendationLetter {
			in := code.InLetter != nil && *code.InLetter || mention(p, []string{code.Recommender}) >= named
			code.InLetter = &in
		}
	}
	key := c.Quota.Field
	if key == "" || code.Call != c.ID || !c.KnowsRecommender(code.Recommender) {
		return
	}
	f, found := a.Fields[key]
	text, _ := f.Value.(string)
	switch {
	case text == "" && (!found || f.Confidence < leftBlank):
		a.Fields[key] = bundle.Field{
			Value: code.Recommender, Confidence: toldOnly, Page: code.Page, Box: code.Box,
			Note: "申请书上没有读出，按分隔页填写，请核对",
		}
	case string(fold(text)) == string(fold(code.Recommender)):
		f.Confidence = max(f.Confidence, toldAgain)
		a.Fields[key] = f
	}
}
