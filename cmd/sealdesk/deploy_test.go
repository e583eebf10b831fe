package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// deployed holds the dashboard and the alert rules against the metrics of a desk that read
// a bundle, and sees that mistakes in them are found.
func deployed(t *testing.T, metrics string) {
	have, err := exported(metrics)
	must(t, err)
	dashboard, err := os.ReadFile("../../deploy/grafana/sealdesk.json")
	must(t, err)
	alerts, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	must(t, err)
	for _, m := range have.dashboardMistakes(string(dashboard)) {
		t.Errorf("dashboard: %s", m)
	}
	for _, m := range have.alertMistakes(string(alerts)) {
		t.Errorf("alerts: %s", m)
	}
	for _, test := range []struct {
		file      string
		look      func(string) []string
		old, new  string
		complaint string
	}{
		{string(dashboard), have.dashboardMistakes, "sealdesk_queue_jobs", "sealdesk_queue_depth", "there is no metric sealdesk_queue_depth"},
		{string(dashboard), have.dashboardMistakes, "by (outcome)", "by (state)", "no label state"},
		{string(dashboard), have.dashboardMistakes, `"{{verdict}}"`, `"{{verdicts}}"`, "no label verdicts"},
		{string(dashboard), have.dashboardMistakes, "max(sealdesk_queue_dead_jobs)", "max(sealdesk_queue_dead_jobs", "unclosed left parenthesis"},
		{string(dashboard), have.dashboardMistakes, "sealdesk_stage_seconds_sum", "sealdesk_stage_seconds_total", "there is no metric sealdesk_stage_seconds_total"},
		{string(dashboard), have.dashboardMistakes, `"id": 2,`, `"id": 1,`, "two panels have the id 1"},
		{string(dashboard), have.dashboardMistakes, `"x": 4,`, `"x": 3,`, "stands on"},
		{string(alerts), have.alertMistakes, `priority="counter"`, `priority="desk"`, `no priority "desk"`},
		{string(alerts), have.alertMistakes, `outcome="failed"`, `result="failed"`, "no label result"},
		{string(alerts), have.alertMistakes, "sum by (instance)", "sum by (bundle)", "no label bundle"},
		{string(alerts), have.alertMistakes, "$labels.instance }} die", "$labels.stage }} die", "$labels.stage"},
		{string(alerts), have.alertMistakes, "humanizePercentage", "percent", `"percent" not defined`},
		{string(alerts), have.alertMistakes, "for: 2m", "for: 2 minutes", "unknown unit"},
		{string(alerts), have.alertMistakes, "expr:", "query:", "field query not found"},
		{string(alerts), have.alertMistakes, "alert: SealdeskDown", "alert: SealdeskSlow", "two alerts are called SealdeskSlow"},
	} {
		changed := strings.Replace(test.file, test.old, test.new, 1)
		if got := strings.Join(test.look(changed), "\n"); changed == test.file || !strings.Contains(got, test.complaint) {
			t.Errorf("with %q instead of %q the mistakes are\n%s\nand %q is not among them", test.new, test.old, got, test.complaint)
		}
	}
}

// TestPrometheus: what Prometheus is told to ask are services of docker-compose.yml, by
// names that the alert rules know.
func TestPrometheus(t *testing.T) {
	b, err := os.ReadFile("../../deploy/prometheus/prometheus.yml")
	must(t, err)
	var file struct {
		RuleFiles []string `yaml:"rule_files"`
		Jobs      []struct {
			Name          string `yaml:"job_name"`
			Authorization struct {
				File string `yaml:"credentials_file"`
			} `yaml:"authorization"`
			Static []struct{ Targets []string } `yaml:"static_configs"`
			DNS    []struct {
				Names []string
				Type  string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	decode := yaml.NewDecoder(bytes.NewReader(b))
	decode.KnownFields(true)
	must(t, decode.Decode(&file))
	for _, rules := range file.RuleFiles {
		if _, err := os.Stat("../../deploy/prometheus/" + rules); err != nil {
			t.Error(err)
		}
	}
	c, err := parseCompose(composeFile(t))
	must(t, err)
	asked := map[string]bool{}
	for _, job := range file.Jobs {
		if !strings.HasPrefix(job.Name, "sealdesk") {
			t.Errorf("the alert rules do not know the job %s", job.Name)
		}
		var targets []string
		for _, s := range job.Static {
			targets = append(targets, s.Targets...)
		}
		for _, d := range job.DNS {
			for _, name := range d.Names {
				targets = append(targets, fmt.Sprintf("%s:%d", name, d.Port))
			}
		}
		for _, target := range targets {
			name, port, _ := strings.Cut(target, ":")
			if !slices.Contains(c.Services[name].Expose, port) {
				t.Errorf("nothing of docker-compose.yml is at %s", target)
			}
			if token := job.Authorization.File != ""; token != (name == "web") {
				t.Errorf("%s: a token is shown: %t", target, token)
			}
			asked[name] = true
		}
	}
	if !asked["web"] || !asked["work"] {
		t.Errorf("only %v are asked", asked)
	}
}

// series are the metrics that there are, as expressions name them, each with its labels
// and their values.
type series map[string]map[string][]string

// given are what Prometheus itself gives to all that it asks.
var given = []string{"job", "instance"}

// exported reads metrics in the text format.
func exported(text string) (series, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	have := series{"up": {}}
	for name, family := range families {
		labels := map[string][]string{}
		for _, m := range family.Metric {
			for _, l := range m.Label {
				labels[l.GetName()] = append(labels[l.GetName()], l.GetValue())
			}
		}
		if family.GetType() != dto.MetricType_HISTOGRAM {
			have[name] = labels
			continue
		}
		have[name+"_sum"], have[name+"_count"], have[name+"_bucket"] = labels, labels, maps.Clone(labels)
		have[name+"_bucket"]["le"] = nil
	}
	return have, nil
}

// expressionMistakes says what is wrong with an expression, and gives the labels that its
// result may have.
func (have series) expressionMistakes(text string) (wrong []string, result []string) {
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf(format, args...)+" in "+text)
	}
	root, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return []string{err.Error() + " in " + text}, nil
	}
	var labelsOf func(parser.Node) []string
	labelsOf = func(n parser.Node) (out []string) {
		if s, ok := n.(*parser.VectorSelector); ok {
			out = append(slices.Collect(maps.Keys(have[s.Name])), given...)
		}
		for child := range parser.ChildrenIter(n) {
			out = append(out, labelsOf(child)...)
		}
		if a, ok := n.(*parser.AggregateExpr); ok && !slices.Contains([]parser.ItemType{parser.TOPK, parser.BOTTOMK}, a.Op) {
			for _, l := range a.Grouping {
				if !slices.Contains(out, l) {
					say("there is no label %s", l)
				}
			}
			if !a.Without {
				return a.Grouping
			}
			out = slices.DeleteFunc(out, func(l string) bool { return slices.Contains(a.Grouping, l) })
		}
		return out
	}
	result = labelsOf(root)
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		s, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		there, ok := have[s.Name]
		if !ok {
			say("there is no metric %s", s.Name)
			return nil
		}
		for _, m := range s.LabelMatchers {
			values, ok := there[m.Name]
			switch {
			case m.Name == model.MetricNameLabel || slices.Contains(given, m.Name):
			case !ok:
				say("%s has no label %s", s.Name, m.Name)
			case m.Type == labels.MatchEqual && !slices.Contains(values, m.Value):
				say("%s has no %s %q", s.Name, m.Name, m.Value)
			}
		}
		return nil
	})
	return wrong, result
}

// legend is a label in a legend of Grafana.
var legend = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// dashboardMistakes says what is wrong with a dashboard of Grafana.
func (have series) dashboardMistakes(text string) (wrong []string) {
	type box struct{ X, Y, W, H int }
	var d struct {
		UID, Title    string
		SchemaVersion int
		Panels        []struct {
			ID                       int
			Type, Title, Description string
			GridPos                  box
			Datasource               struct{ Type, UID string }
			Targets                  []struct{ RefID, Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return []string{err.Error()}
	}
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if d.UID == "" || d.Title == "" || d.SchemaVersion == 0 || len(d.Panels) < 10 {
		say("it is no dashboard")
	}
	ids := map[int]bool{}
	for i, p := range d.Panels {
		if ids[p.ID] {
			say("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		at := p.GridPos
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || p.Datasource.Type != "prometheus" || at.W <= 0 || at.H <= 0 || at.X+at.W > 24 {
			say("panel %d is not whole", p.ID)
		}
		for _, o := range d.Panels[:i] {
			if b := o.GridPos; at.X < b.X+b.W && b.X < at.X+at.W && at.Y < b.Y+b.H && b.Y < at.Y+at.H {
				say("%s stands on %s", p.Title, o.Title)
			}
		}
		for _, target := range p.Targets {
			more, result := have.expressionMistakes(strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
			wrong = append(wrong, more...)
			for _, m := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				if !slices.Contains(result, m[1]) {
					say("%s has no label %s for its legend", p.Title, m[1])
				}
			}
		}
	}
	return wrong
}

// functions are those of Prometheus' templates that alerts use.
var functions = template.FuncMap{
	"humanize1024":       func(any) string { return "" },
	"humanizeDuration":   func(any) string { return "" },
	"humanizePercentage": func(any) string { return "" },
}

// alertMistakes says what is wrong with a file of alert rules.
func (have series) alertMistakes(text string) (wrong []string) {
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         model.Duration    `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	decode := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	decode.KnownFields(true)
	if err := decode.Decode(&file); err != nil {
		return []string{err.Error()}
	}
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	names := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if names[r.Alert] {
				say("two alerts are called %s", r.Alert)
			}
			names[r.Alert] = true
			if r.Alert == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				say("%s is not whole", r.Alert)
			}
			more, result := have.expressionMistakes(r.Expr)
			wrong = append(wrong, more...)
			known := map[string]string{}
			for _, l := range result {
				known[l] = l
			}
			for _, a := range r.Annotations {
				told, err := template.New(r.Alert).Funcs(functions).Option("missingkey=error").
					Parse(`{{ $labels := .Labels }}{{ $value := .Value }}` + a)
				if err == nil {
					err = told.Execute(io.Discard, map[string]any{"Labels": known, "Value": 1.0})
				}
				if err != nil {
					say("%s: %v", r.Alert, err)
				}
			}
		}
	}
	if len(names) < 8 {
		say("there are only the alerts %v", slices.Sorted(maps.Keys(names)))
	}
	return wrong
}
