package api

import (
	"fmt"
	"net/http"

	"sealdesk/audit"
	"sealdesk/figures"
)

// reportData are the figures of the desk's page of reports, for one filter.
type reportData struct {
	Filter       filterData         `json:"filter"`
	Years        []int              `json:"years"` // on file, whatever the filter
	Recommenders []recommenderData  `json:"recommenders"`
	Total        completenessData   `json:"total"`
	ByYear       []completenessData `json:"by_year"`
	Completeness []completenessData `json:"completeness"` // by year and recommender
	Defects      []defectData       `json:"defects"`
	Quotas       []quotaData        `json:"quotas"`
	Deadlines    []deadlineData     `json:"deadlines"`
	Kinds        []accuracyData     `json:"accuracy_by_kind"`
	Fields       []accuracyData     `json:"accuracy_by_field"`
}

type filterData struct {
	Year        int    `json:"year,omitempty"`
	Recommender string `json:"recommender,omitempty"`
}

type recommenderData struct {
	Name         string `json:"name"` // "" for those that could not be read
	Applications int    `json:"applications"`
}

type completenessData struct {
	Year        int    `json:"year,omitempty"`
	Recommender string `json:"recommender,omitempty"`
	Received    int    `json:"received"`
	Complete    int    `json:"complete"`
	Incomplete  int    `json:"incomplete"`
	Review      int    `json:"review"`
	// Share is Complete of Received, 0..1; absent where there are none.
	Share *float64 `json:"share,omitempty"`
}

func completenessOf(c figures.Completeness) completenessData {
	out := completenessData{c.Year, c.Recommender, c.Received, c.Complete, c.Incomplete, c.Review, nil}
	out.Share = share(c.Share())
	return out
}

func share(part float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &part
}

type defectData struct {
	ID     string   `json:"rule"`
	Kind   string   `json:"kind"`
	Label  string   `json:"label,omitempty"`
	Failed int      `json:"failed"`
	Review int      `json:"review"`
	Share  *float64 `json:"share,omitempty"` // Failed of all received
}

type quotaData struct {
	Call        string `json:"call"`
	Recommender string `json:"recommender"`
	Kind        string `json:"kind,omitempty"`
	Limit       int    `json:"limit,omitempty"` // absent where there is none
	Claimed     int    `json:"claimed"`
	Counted     int    `json:"counted"`
	Over        int    `json:"over"`
}

type deadlineData struct {
	Call      string `json:"call"`
	Last      string `json:"last_day"`
	Received  int    `json:"received"`
	InTime    int    `json:"in_time"`
	Late      int    `json:"late"`
	Unknown   int    `json:"unknown"`
	DatedLate int    `json:"dated_late"`
	Doubtful  int    `json:"doubtful"`
}

type accuracyData struct {
	Kind      string `json:"kind"`
	Key       string `json:"key,omitempty"`
	Label     string `json:"label,omitempty"`
	Values    int    `json:"values"`
	Looked    int    `json:"looked"`
	Corrected int    `json:"corrected"`
}

// reports gives the figures of the desk's page of reports.
func (s *Server) reports(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	filter := figures.Filter{Year: q.number("year", 0, 1, 9999), Recommender: q.text("recommender", 300)}
	if err := q.end(); err != nil {
		return err
	}
	f := s.desk.Report(filter)
	// The recommender's name is a field's value, and none of the trail's.
	detail := "format=json"
	if filter.Year != 0 {
		detail += fmt.Sprintf(" year=%d", filter.Year)
	}
	if filter.Recommender != "" {
		detail += " recommender=one"
	}
	if err := s.record(r, audit.Entry{Action: audit.Export, Object: "report", Detail: detail}); err != nil {
		return err
	}
	return answer(w, http.StatusOK, reportOf(f))
}

func reportOf(f *figures.Report) reportData {
	out := reportData{
		Filter: filterData(f.Filter), Years: append([]int{}, f.Years...), Total: completenessOf(f.Total),
		Recommenders: []recommenderData{}, ByYear: []completenessData{}, Completeness: []completenessData{},
		Defects: []defectData{}, Quotas: []quotaData{}, Deadlines: []deadlineData{},
		Kinds: accuracies(f.Kinds), Fields: accuracies(f.Fields),
	}
	for _, k := range f.Recommenders {
		out.Recommenders = append(out.Recommenders, recommenderData{k.Name, k.Applications})
	}
	for _, c := range f.ByYear {
		out.ByYear = append(out.ByYear, completenessOf(c))
	}
	for _, c := range f.Completeness {
		out.Completeness = append(out.Completeness, completenessOf(c))
	}
	for _, d := range f.Defects {
		out.Defects = append(out.Defects, defectData{ID: d.Rule.ID, Kind: d.Rule.Kind, Label: d.Rule.Label, Failed: d.Failed, Review: d.Review, Share: share(d.Share())})
	}
	for _, u := range f.Quotas {
		out.Quotas = append(out.Quotas, quotaData{u.Call.ID, u.Recommender, u.Kind, u.Limit, u.Claimed, u.Counted, u.Over()})
	}
	for _, d := range f.Deadlines {
		out.Deadlines = append(out.Deadlines, deadlineData{d.Call.ID, d.Call.Deadline.String(), d.Received, d.InTime, d.Late, d.Unknown, d.DatedLate, d.Doubtful})
	}
	return out
}

func accuracies(list []figures.Accuracy) []accuracyData {
	out := []accuracyData{}
	for _, a := range list {
		out = append(out, accuracyData{string(a.Kind), a.Key, a.Label, a.Values, a.Looked, a.Corrected})
	}
	return out
}
