package check

import (
	"cmp"
	"fmt"
	"iter"
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
	// Recommender is who recommends it, "" where that is not known.
	Recommender string `json:"recommender,omitempty"`
	// Values are the texts, by key, of the fields that the call's quota and
	// duplicate rules name; a field that was not found or is blank is absent.
	Values map[string]string `json:"values"`

	// folded is what is compared of Values, by the call that made the record; nil where
	// it was made otherwise. An application is compared with all that are on file, and
	// folding each of them anew would take most of the time.
	folded *folded
}

// folded are a record's names as they are compared, by the rules of one call: those by
// which duplicates are known, in the rule's order, and whose quota counts it. What is
// not there is nil.
type folded struct {
	call        *call.Call
	known       []*name
	recommender *name
	self        bool // the unit recommends itself
	exempt      bool // the unit has no quota
}

// Record gives what to keep on file of app, all but Bundle and File.
func Record(c *call.Call, app *bundle.Application) OnFile {
	o := OnFile{
		ID: app.ID, Call: app.Call, Year: app.Year, Recommender: Recommender(c, app, recommenderKeys(c)), Values: map[string]string{},
	}
	for _, k := range Recorded(c) {
		if s := textOf(app.Fields[k].Value); s != "" {
			o.Values[k] = s
		}
	}
	o.folded = o.fold(c)
	return o
}

// Recorded are the keys of the fields that Record looks at; some may come twice.
func Recorded(c *call.Call) []string {
	return slices.Concat(c.Duplicate.Fields, recommenderKeys(c), unitKeys(c))
}

// fold gives the record's names as the call compares them.
func (o *OnFile) fold(c *call.Call) *folded {
	if o.folded != nil && o.folded.call == c {
		return o.folded
	}
	unit := o.first(unitKeys(c))
	f := &folded{call: c, recommender: named(o.recommendedBy(c)), exempt: exempt(c, unit)}
	if u := named(unit); u != nil && f.recommender != nil {
		f.self = u.equal(f.recommender)
	}
	for _, k := range c.Duplicate.Fields {
		f.known = append(f.known, named(o.Values[k]))
	}
	return f
}

func recommenderKeys(c *call.Call) []string {
	return append([]string{c.Quota.Field}, c.Quota.Alternatives...)
}

func unitKeys(c *call.Call) []string {
	return append([]string{c.Quota.Unit}, c.Quota.UnitAlternatives...)
}

// first gives the first of the record's values that is there.
func (o *OnFile) first(keys []string) string {
	for _, k := range keys {
		if s := o.Values[k]; s != "" {
			return s
		}
	}
	return ""
}

// recommendedBy is who recommends it: by the form, where the record does not say.
func (o *OnFile) recommendedBy(c *call.Call) string {
	return cmp.Or(o.Recommender, o.first(recommenderKeys(c)))
}

// name says which application it is, for messages.
func (o OnFile) name() string {
	if o.File == "" {
		return o.ID
	}
	return fmt.Sprintf("%s（%s）", o.ID, o.File)
}

// other is an application on file, with its names as they are compared.
type other struct {
	*OnFile
	*folded
}

// others gives the records of the same call, without app itself.
func (r *run) others() iter.Seq[other] {
	return func(yield func(other) bool) {
		for i := range r.onFile {
			if o := &r.onFile[i]; o.Call == r.app.Call && o.ID != r.app.ID && !yield(other{o, o.fold(r.c)}) {
				return
			}
		}
	}
}

// alike says whether two records look like one application: of the fields by
// which they are known, at least two agree and no more than so many differ.
func alike(a, b *folded, differing int) bool {
	agree, differ := 0, 0
	for i, x := range a.known {
		y := b.known[i]
		switch {
		case x == nil || y == nil:
		case near(x, y):
			agree++
		default:
			differ++
			if differ > differing {
				return false
			}
		}
	}
	return agree >= 2
}

func (r *run) duplicate() {
	const id = "duplicate.application"
	if len(r.c.Duplicate.Fields) == 0 {
		return
	}
	mine := Record(r.c, r.app)
	known := 0
	for _, name := range mine.folded.known {
		if name != nil {
			known++
		}
	}
	var twin *OnFile
	alone := true
	for o := range r.others() {
		alone = false
		if alike(o.folded, mine.folded, 1) {
			twin = o.OnFile
			break
		}
	}
	at := spotOf(r.app.Fields[r.c.Duplicate.Fields[0]])
	switch {
	case twin != nil:
		r.add(id, bundle.Review, at, "与已收到的申请%s疑为同一份，请核对", twin.name())
	case known < 2 && !alone:
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
	recommender, unit := mine.Recommender, mine.first(unitKeys(r.c))
	field, found := r.app.Fields[q.Field]
	at := spotOf(field)
	switch {
	case recommender == "" && found:
		return // left blank: the field's own check says so
	case recommender == "":
		r.add(id, bundle.Review, at, "未能读出推荐单位，无法核对推荐名额，请核对")
		return
	case mine.folded.exempt:
		r.add(id, bundle.Pass, at, "“%s”不受申报名额限制", short(unit))
		return
	}
	self := mine.folded.self
	limit, kind := r.quotaLimit(recommender, self)
	counted := []other{{&mine, mine.folded}}
	sure := 0
	for o := range r.others() {
		if o.recommender == nil || !near(o.recommender, mine.folded.recommender) || o.self != self || o.exempt {
			continue
		}
		if slices.ContainsFunc(counted, func(c other) bool { return alike(c.folded, o.folded, 0) }) {
			continue
		}
		counted = append(counted, o)
		if o.recommender.equal(mine.folded.recommender) {
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

func exempt(c *call.Call, unit string) bool {
	return slices.ContainsFunc(c.Quota.Exempt, func(e string) bool { return slices.Equal(fold(e), fold(unit)) })
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
