package api

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/figures"
	"sealdesk/index"
	"sealdesk/report"
)

// TestResult: a result is what sealdesk process --json prints, with corrections, and need
// not be sent to those who have it.
func TestResult(t *testing.T) {
	a := newAPI(t, nil)
	path := "/api/v1/bundles/" + a.sha + "/result"
	got := a.get(t, account.Reviewer, path).want(t, 200)
	b, err := a.desk.Bundle(t.Context(), a.sha)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := encode(b.Result); err != nil || !bytes.Equal(got.body, want) {
		t.Errorf("it is %.300s, want %.300s", got.body, want)
	}
	tag := got.Header.Get("ETag")
	again := a.get(t, account.Reviewer, path, "If-None-Match", tag).want(t, http.StatusNotModified)
	if len(again.body) > 0 || tag == "" {
		t.Errorf("sent again with the tag %q", tag)
	}
	a.correct(t, account.Reviewer, 0, "field:direction", "另一个方向").want(t, 201)
	got = a.get(t, account.Reviewer, path, "If-None-Match", tag).want(t, 200, "另一个方向", `"corrected":{"by":"Display reviewer"`)
	if got.Header.Get("ETag") == tag {
		t.Error("another result has the same tag")
	}
	entries := a.trail(t, audit.View)
	if len(entries) != 3 || entries[0].User != a.users[account.Reviewer].ID || entries[0].Object != "bundles/"+a.sha || !strings.HasPrefix(entries[0].Detail, "token=") {
		t.Errorf("the trail has %+v", entries)
	}
}

// TestMasked: whoever may not see personal data gets none, in whatever way.
func TestMasked(t *testing.T) {
	a := newAPI(t, nil)
	b, err := a.desk.Bundle(t.Context(), a.sha)
	if err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, key := range []string{"contact_phone", "email", "postcode", "leader_phone"} {
		secrets = append(secrets, b.Result.Applications[0].Fields[key].Value.(string))
	}
	_, narrow := a.token(t, account.Clerk, account.View, account.Search)
	a.correct(t, account.Clerk, 0, "field:contact_phone", "13912345678").want(t, 201)
	app := "/api/v1/applications/" + a.app
	for _, path := range []string{"/api/v1/bundles/" + a.sha + "/result", app, app + "/corrections", "/api/v1/search?q=" + url.QueryEscape("科技")} {
		for name, token := range map[string]string{"staff": a.tokens[account.Staff], "a narrow token": narrow} {
			got := a.ask(t, token, "GET", path, nil).want(t, 200)
			for _, secret := range append(secrets, "13912345678") {
				if bytes.Contains(got.body, []byte(secret)) {
					t.Errorf("%s: %s gets %s", path, name, secret)
				}
			}
		}
	}
	a.get(t, account.Clerk, app).want(t, 200, secrets[1], "13912345678")
	a.get(t, account.Staff, "/api/v1/search?q=13912345678").want(t, 403, "personal")
	// The phone stands on the cover: its picture is another for staff.
	page := fmt.Sprintf("/api/v1/bundles/%s/pages/%d?width=480", a.sha, b.Result.Applications[0].Fields["contact_phone"].Page)
	whole, masked := a.get(t, account.Clerk, page).want(t, 200), a.get(t, account.Staff, page).want(t, 200)
	if bytes.Equal(whole.body, masked.body) {
		t.Error("staff get the whole picture")
	}
	if img, err := jpeg.DecodeConfig(bytes.NewReader(masked.body)); err != nil || img.Width != 480 {
		t.Errorf("the picture is %+v, error %v", img, err)
	}
	if got := a.trail(t, audit.ViewPage); len(got) != 2 {
		t.Errorf("the trail has %+v", got)
	}
}

// TestUnreadPage: what nobody read is not shown to those from whom it would have to be
// hidden.
func TestUnreadPage(t *testing.T) {
	a := newAPI(t, func(r *bundle.Result) { r.PageInfo[0].Error = &bundle.Error{Code: bundle.CodeDamaged, Message: "x"} })
	path := "/api/v1/bundles/" + a.sha + "/pages/1"
	a.get(t, account.Staff, path).want(t, 403, "personal")
	a.get(t, account.Clerk, path).want(t, 200)
}

// correct sends a correction.
func (a *testAPI) correct(t *testing.T, role account.Role, base int, target, is string) answerOf {
	t.Helper()
	body := fmt.Sprintf(`{"base":%d,"target":%q,"is":%q}`, base, target, is)
	return a.ask(t, a.tokens[role], "POST", "/api/v1/applications/"+a.app+"/corrections", strings.NewReader(body), "Content-Type", "application/json; charset=utf-8")
}

// TestCorrections: a correction holds at once, and none overwrites another unseen.
func TestCorrections(t *testing.T) {
	a := newAPI(t, nil)
	path := "/api/v1/applications/" + a.app
	post := func(body string) answerOf {
		return a.ask(t, a.tokens[account.Clerk], "POST", path+"/corrections", strings.NewReader(body), "Content-Type", "application/json")
	}
	got := decoded[applicationData](t, a.correct(t, account.Clerk, 0, "field:direction", "甲").want(t, 201))
	if got.Version != 1 || got.Application.Fields["direction"].Value != "甲" || got.Bundle != a.sha {
		t.Errorf("it is version %d, %+v", got.Version, got.Application.Fields["direction"])
	}
	// The same account again, too: several programs may use it.
	for _, role := range []account.Role{account.Reviewer, account.Clerk} {
		refused := a.correct(t, role, 0, "field:direction", "乙").want(t, 409, "urn:sealdesk:problem:conflict")
		if theirs := decoded[struct{ Theirs correctionData }](t, refused).Theirs; theirs.Is != "甲" || theirs.By != "Display clerk" || theirs.Seq != 1 {
			t.Errorf("theirs is %+v", theirs)
		}
	}
	a.correct(t, account.Reviewer, 0, "field:discipline", "丙").want(t, 201) // another target
	a.correct(t, account.Reviewer, 2, "field:direction", "乙").want(t, 201)
	post(`{"base":3,"undo":3}`).want(t, 201, `"version":4`, "甲")
	list := decoded[struct {
		Version     int
		Corrections []correctionData
	}](t, a.get(t, account.Staff, path+"/corrections").want(t, 200))
	if list.Version != 4 || len(list.Corrections) != 4 || list.Corrections[3].Undo != 3 || list.Corrections[2].Was != "甲" {
		t.Errorf("the corrections are %+v", list)
	}
	for _, body := range []string{
		`{"base":4,"target":"field:no-such","is":"x"}`, `{"base":4,"target":"field:staff_doctor","is":"many"}`,
		`{"base":4,"target":"field:filing_date","is":"2022-13-40"}`, `{"base":4,"target":"field:projects","is":[{"no":"x"}]}`,
		`{"base":4,"target":"seal:99","is":true}`, `{"base":4,"target":"","is":"x"}`, `{"base":4}`, `{"base":4,"undo":77}`,
		`{"base":4,"undo":-1}`, `{"base":5,"target":"field:direction","is":"x"}`, `{"base":-1,"target":"field:direction","is":"x"}`,
		`{"base":4,"target":"field:direction","is":"x","undo":1}`, `{"base":4,"target":"field:direction","is":{"x":1}}`,
		`{"base":4,"target":"field:direction","is":"x","note":"` + strings.Repeat("长", longestNote+1) + `"}`,
	} {
		post(body).want(t, 422, "urn:sealdesk:problem:correction")
	}
	post(`{"target":"field:direction","is":"x"}`).want(t, 428, "no-base")
	if got := decoded[applicationData](t, a.get(t, account.Clerk, path)).Version; got != 4 {
		t.Errorf("what was refused made version %d", got)
	}
	for _, ok := range []string{
		`{"base":4,"target":"field:staff_doctor","is":7,"note":"见原件"}`, `{"base":4,"target":"field:rd_type","is":["基础研究"]}`,
		`{"base":4,"target":"field:projects","is":[{"name":"项目"}]}`, `{"base":4,"target":"seal:0","is":true}`,
	} {
		post(ok).want(t, 201)
	}
	entries := a.trail(t, audit.Correct)
	if len(entries) == 0 || entries[0].Object != a.app || !strings.HasPrefix(entries[0].Detail, "field:direction token=") || strings.Contains(fmt.Sprint(entries), "甲") {
		t.Errorf("the trail has %+v", entries)
	}
	// A token without the right to see personal data cannot write it.
	_, narrow := a.token(t, account.Clerk, account.View, account.Correct)
	body := `{"base":8,"target":"field:email","is":"a@b.cn"}`
	a.ask(t, narrow, "POST", path+"/corrections", strings.NewReader(body), "Content-Type", "application/json").want(t, 403, "personal")
}

// TestSearch finds what the desk's search finds, and counts the same.
func TestSearch(t *testing.T) {
	a := newAPI(t, nil)
	type found struct {
		Total  int
		Hits   []hit
		Facets map[string][]count
	}
	got := decoded[found](t, a.get(t, account.Reviewer, "/api/v1/search?q="+url.QueryEscape("永磁")+"&year=2022&limit=1").want(t, 200))
	want, err := a.desk.Search(t.Context(), index.Query{Text: "永磁", Years: []int{2022}, Facets: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.Total != 1 || want.Total != 1 || got.Hits[0].Application != a.app || got.Hits[0].Bundle != a.sha || len(got.Hits[0].Pages) == 0 {
		t.Errorf("found %+v", got)
	}
	marked := false
	for _, s := range got.Hits[0].Snippet {
		marked = marked || s.Mark && s.Text == "永磁"
	}
	if !marked {
		t.Errorf("nothing is marked in %+v", got.Hits[0].Snippet)
	}
	facets, err := a.desk.Facets(t.Context(), index.Query{Text: "永磁", Years: []int{2022}, Facets: true}, want.Facets)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facets {
		if fmt.Sprint(got.Facets[f.Name]) != fmt.Sprint(f.Counts) {
			t.Errorf("%s counts %v, want %v", f.Name, got.Facets[f.Name], f.Counts)
		}
	}
	for query, total := range map[string]int{"?year=2021": 0, "?year=2021&year=2022": 1, "?verdict=complete": 1, "?q=%22": 1, "?page=2": 1, "?type=x": 0} {
		if got := decoded[found](t, a.get(t, account.Reviewer, "/api/v1/search"+query).want(t, 200)); got.Total != total || got.Hits == nil {
			t.Errorf("%s finds %+v, want %d", query, got, total)
		}
	}
	if entries := a.trail(t, audit.Search); len(entries) != 7 || !strings.HasPrefix(entries[0].Detail, "results=1 token=") {
		t.Errorf("the trail has %+v", entries)
	}
}

// TestReports: the figures are those of the desk's page.
func TestReports(t *testing.T) {
	a := newAPI(t, nil)
	a.correct(t, account.Clerk, 0, "field:direction", "甲").want(t, 201)
	got := decoded[reportData](t, a.get(t, account.Staff, "/api/v1/reports?year=2022").want(t, 200))
	f := figures.Count(a.desk.Applications(), figures.Filter{Year: 2022})
	doc := report.Figures(f, report.Chinese, a.clock())
	cells := map[string][][]float64{}
	for _, table := range doc.Tables {
		for _, row := range table.Rows {
			var numbers []float64
			for i, c := range row.Cells {
				if table.Columns[i].Kind == report.Count && c.Is {
					numbers = append(numbers, c.Number)
				}
			}
			if !row.Sum {
				cells[table.ID] = append(cells[table.ID], numbers)
			}
		}
	}
	var mine [][]float64
	for _, c := range got.Completeness {
		mine = append(mine, []float64{float64(c.Received), float64(c.Complete), float64(c.Incomplete), float64(c.Review)})
	}
	if fmt.Sprint(mine) != fmt.Sprint(cells["completeness"]) {
		t.Errorf("completeness is %v, and the page has %v", mine, cells["completeness"])
	}
	mine = nil
	for _, x := range got.Kinds {
		mine = append(mine, []float64{float64(x.Values), float64(x.Looked), float64(x.Corrected)})
	}
	if fmt.Sprint(mine) != fmt.Sprint(cells["kinds"]) {
		t.Errorf("accuracy by kind is %v, and the page has %v", mine, cells["kinds"])
	}
	if got.Total.Received != 1 || got.Filter.Year != 2022 || len(got.Recommenders) != 1 {
		t.Errorf("the report is %+v", got)
	}
	none := decoded[reportData](t, a.get(t, account.Staff, "/api/v1/reports?year=1999&recommender=x").want(t, 200))
	if none.Total.Received != 0 || none.Total.Share != nil || len(none.Years) != 1 {
		t.Errorf("of nothing it is %+v", none)
	}
	if entries := a.trail(t, audit.Export); len(entries) != 2 || !strings.HasPrefix(entries[0].Detail, "format=json year=2022 token=") || strings.Contains(entries[1].Detail, "=x") {
		t.Errorf("the trail has %+v", entries)
	}
}
