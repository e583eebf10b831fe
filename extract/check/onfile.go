package check

import (
	"fmt"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// OnFile is what quota and duplicates need to know of an application that was
// taken before. It can be stored: the same call makes the same record of the
// same application.
type OnFile struct {
	ID     string `json:"id"`     // the application's
	Bundle string `json:"bundle"` // sha256 of the bundle's bytes; set by the caller
	File   string `json:"file"`   // the bundle's name, for messages; set by the caller
	Call   string `json:"call"`   // the call's id
	Year   int    `json:"year"`
	// Values are the texts, by key, of the fields that the call's quota and
	// duplicate rules name; a field that was not found or is blank is absent.
	Values map[string]string `json:"values"`
}

// Record gives what to keep on file of app, all but Bundle and File.
func Record(c *call.Call, app *bundle.Application) OnFile {
	o := OnFile{ID: app.ID, Call: app.Call, Year: app.Year, Values: map[string]string{}}
	for _, keys := range [][]string{c.Duplicate.Fields, recommenderKeys(c), unitKeys(c)} {
		for _, k := range keys {
			if s := textOf(app.Fields[k].Value); s != "" {
				o.Values[k] = s
			}
		}
	}
	return o
}

func recommenderKeys(c *call.Call) []string {
	return append([]string{c.Quota.Field}, c.Quota.Alternatives...)
}

func unitKeys(c *call.Call) []string {
	return append([]string{c.Quota.Unit}, c.Quota.UnitAlternatives...)
}

// first gives the first of the record's values that is there.
func (o OnFile) first(keys []string) string {
	for _, k := range keys {
		if s := o.Values[k]; s != "" {
			return s
		}
	}
	return ""
}

// name says which application it is, for messages.
func (o OnFile) name() string {
	if o.File == "" {
		return o.ID
	}
	return fmt.Sprintf("%s（%s）", o.ID, o.File)
}

// others are the records of the same call, without app itself.
func (r *run) others() []OnFile {
	var list []OnFile
	for _, o := range r.onFile {
		if o.Call == r.app.Call && o.ID != r.app.ID {
			list = append(list, o)
		}
	}
	return list
}

// alike says whether two records look like one application: of the fields by
// which they are known, at least two agree and no more than so many differ.
func alike(c *call.Call, a, b OnFile, differing int) bool {
	agree, differ := 0, 0
	for _, k := range c.Duplicate.Fields {
		x, y := a.Values[k], b.Values[k]
		switch {
		case x == "" || y == "":
		case near(x, y):
			agree++
		default:
			differ++
		}
	}
	return agree >= 2 && differ <= differing
}

func (r *run) duplicate() {
	const id = "duplicate.application"
	if len(r.c.Duplicate.Fields) == 0 {
		return
	}
	mine := Record(r.c, r.app)
	known := 0
	for _, k := range r.c.Duplicate.Fields {
		if mine.Values[k] != "" {
			known++
		}
	}
	others := r.others()
	at := spotOf(r.app.Fields[r.c.Duplicate.Fields[0]])
	i := slices.IndexFunc(others, func(o OnFile) bool { return alike(r.c, o, mine, 1) })
	switch {
	case i >= 0:
		r.add(id, bundle.Review, at, "与已收到的申请%s疑为同一份，请核对", others[i].name())
	case known < 2 && len(others) > 0:
		r.add(id, bundle.Review, at, "读出的信息不足，无法判断是否与已收到的申请重复，请核对")
	default:
		r.add(id, bundle.Pass, at, "未发现重复申请")
	}
}

// quota counts the applications of this one's recommender, for others or for
// itself as this one is. Those that agree with another of the count, or with
// this one, in all by which they are known are counted once.
func (r *run) quota() {
	q := r.c.Quota
	id := "quota." + q.Field
	if q.Field == "" {
		return
	}
	mine := Record(r.c, r.app)
	recommender, unit := mine.first(recommenderKeys(r.c)), mine.first(unitKeys(r.c))
	field, found := r.app.Fields[q.Field]
	at := spotOf(field)
	switch {
	case recommender == "" && found:
		return // left blank: the field's own check says so
	case recommender == "":
		r.add(id, bundle.Review, at, "未能读出推荐单位，无法核对推荐名额，请核对")
		return
	case r.exempt(unit):
		r.add(id, bundle.Pass, at, "“%s”不受申报名额限制", short(unit))
		return
	}
	self := isSelf(recommender, unit)
	limit, kind := r.quotaLimit(recommender, self)
	counted := []OnFile{mine}
	sure := 0
	for _, o := range r.others() {
		theirs, theirUnit := o.first(recommenderKeys(r.c)), o.first(unitKeys(r.c))
		if theirs == "" || !near(theirs, recommender) || isSelf(theirs, theirUnit) != self || r.exempt(theirUnit) {
			continue
		}
		if slices.ContainsFunc(counted, func(c OnFile) bool { return alike(r.c, c, o, 0) }) {
			continue
		}
		counted = append(counted, o)
		if string(fold(theirs)) == string(fold(recommender)) {
			sure++
		}
	}
	names := make([]string, 0, len(counted))
	for _, o := range counted[1:] {
		names = append(names, o.name())
	}
	earlier, name := strings.Join(names, "、"), short(recommender)
	switch n := len(counted); {
	case limit == 0 && n > 1:
		r.add(id, bundle.Review, at, "“%s”的推荐名额未能确定，此前已收到其推荐的%d份：%s，请核对", name, n-1, earlier)
	case limit == 0:
		r.add(id, bundle.Pass, at, "“%s”此前未推荐过其他申请", name)
	case sure+1 > limit:
		r.add(id, bundle.Review, at, "%s“%s”原则上不超过%d份，这是第%d份，此前已收到：%s", kind, name, limit, n, earlier)
	case n > limit:
		r.add(id, bundle.Review, at, "%s“%s”原则上不超过%d份，这可能是第%d份（有的推荐单位名称识别存疑），此前已收到：%s", kind, name, limit, n, earlier)
	default:
		r.add(id, bundle.Pass, at, "%s“%s”原则上不超过%d份，这是第%d份", kind, name, limit, n)
	}
}

func isSelf(recommender, unit string) bool {
	return unit != "" && string(fold(recommender)) == string(fold(unit))
}

func (r *run) exempt(unit string) bool {
	return slices.ContainsFunc(r.c.Quota.Exempt, func(e string) bool { return string(fold(e)) == string(fold(unit)) })
}

// quotaLimit gives the recommender's limit, 0 when the call has none for it,
// and what kind of recommender it is.
func (r *run) quotaLimit(recommender string, self bool) (int, string) {
	if self {
		return r.c.Quota.Self, "直接申报单位"
	}
	for _, k := range r.c.Quota.Kinds {
		if k.Pattern.Match(recommender) {
			return k.Limit, k.Label
		}
	}
	return 0, ""
}
