package draft

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// write writes the profile.
func (w *writer) write(id string) []byte {
	var b bytes.Buffer
	f := w.form
	title := strings.Join(f.title, "")
	fmt.Fprintf(&b, `# 由空白申请书起草的申报通知配置，须人工补全后才能使用。
# 写着“请核对”的地方是猜的或读得不准的；另外还要补上：截止日期、必须的文件、推荐名额、
# 各项是否必填（这里一律写成必填）、哪些字段应当一致、字段的键名（可以改成好懂的英文）。
# 改完用 sealdesk call check 检查。

id: %s
title: %s%s
year: %d # 请核对
deadline: %d-12-31 # 请核对：空白表上没有截止日期

fields:
`, id, quoted(cmpOr(title, "未命名的申报")), doubt(title == "", "没有认出标题"), f.year, f.year)
	for _, x := range w.fields {
		w.field(&b, x)
	}
	b.WriteString("\nform:\n")
	fmt.Fprintf(&b, "  title: [%s]\n", strings.Join(all(f.title), ", "))
	if len(w.cover) > 0 {
		b.WriteString("  cover:\n")
		for i, key := range w.cover {
			fmt.Fprintf(&b, "    - {label: %s, field: %s}%s\n", quoted(f.cover[i].words), key, doubt(f.cover[i].sure < usually, "读得不准"))
		}
	}
	if f.instructions != "" {
		fmt.Fprintf(&b, "  instructions: %s\n", quoted(f.instructions))
	}
	b.WriteString("  sections:\n")
	for _, p := range w.places {
		w.section(&b, p)
	}
	w.rest(&b)
	return b.Bytes()
}

func cmpOr(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

func all(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = quoted(t)
	}
	return out
}

// doubt is a comment where there is a doubt.
func doubt(is bool, why string) string {
	if !is {
		return ""
	}
	return " # 请核对：" + why
}

func (w *writer) field(b *bytes.Buffer, x field) {
	doubts := slices.Clone(x.doubts)
	switch x.kind {
	case "text", "longtext", "choice", "table":
	default:
		doubts = append(doubts, "类型是按标签猜的")
	}
	note := ""
	if len(doubts) > 0 {
		note = " # 请核对：" + strings.ReplaceAll(strings.Join(doubts, "；"), "\n", " ")
	}
	fmt.Fprintf(b, "  - key: %s%s\n    label: %s\n    type: %s\n    required: true\n", x.key, note, quoted(x.label), x.kind)
	if x.limit > 0 {
		fmt.Fprintf(b, "    limit: %d\n", x.limit)
	}
	if x.single {
		b.WriteString("    single: true\n")
	}
	if len(x.options) > 0 {
		b.WriteString("    options:\n")
		for _, o := range x.options {
			fmt.Fprintf(b, "      - {label: %s}\n", quoted(o.words))
		}
	}
	if len(x.columns) > 0 {
		b.WriteString("    columns:\n")
		for i, c := range x.columns {
			fmt.Fprintf(b, "      - {key: column_%d, label: %s}%s\n", i+1, quoted(c.words), doubt(c.sure < usually, "读得不准"))
		}
	}
}

func (w *writer) section(b *bytes.Buffer, p place) {
	fmt.Fprintf(b, "    - heading: %s%s\n", quoted(p.heading.words), doubt(p.heading.sure < usually, "读得不准"))
	if len(p.notes) > 0 {
		fmt.Fprintf(b, "      notes: [%s]\n", strings.Join(all(p.notes), ", "))
	}
	fmt.Fprintf(b, "      kind: %s\n", p.kind)
	switch p.kind {
	case "grid":
		b.WriteString("      rows:\n")
		for _, r := range p.grid {
			fmt.Fprintf(b, "        - %s\n", r)
		}
	case "opinion":
		fmt.Fprintf(b, "      field: %s\n      role: %s # 请核对：是谁的意见\n", p.field, p.role)
		if p.signatory != "" {
			fmt.Fprintf(b, "      signatory: %s\n", quoted(p.signatory))
		}
		if p.seal != "" {
			fmt.Fprintf(b, "      seal_label: %s\n", quoted(p.seal))
		}
		fmt.Fprintf(b, "      date: %s\n", p.date)
	default:
		fmt.Fprintf(b, "      field: %s\n", p.field)
	}
}

// rest writes what follows from the form: its seals, signatures and dates.
func (w *writer) rest(b *bytes.Buffer) {
	b.WriteString("\ndocuments:\n  - {kind: application_form, label: 申请书, required: true}\n  # 请核对：还要哪些文件（implementation_plan、recommendation_letter、attachment）\n")
	owner := "" // whose seals they are: the first unit of the form
	for _, f := range w.fields {
		if f.kind == "unit" {
			owner = f.key
			break
		}
	}
	var seals, signatures, dates []string
	seen := map[string]bool{}
	for _, p := range w.places {
		if p.kind != "opinion" || seen[p.role] {
			continue
		}
		seen[p.role] = true
		name := strings.TrimRight(p.heading.words, "：:")
		if owner != "" {
			seals = append(seals, fmt.Sprintf("  - {role: %s, label: %s, owner: %s} # 请核对：是哪个单位的章", p.role, quoted(name+"处的公章"), owner))
		}
		signatures = append(signatures, fmt.Sprintf("  - {role: %s, label: %s}", p.role, quoted(name+"处的签字")))
		dates = append(dates, fmt.Sprintf("  - {role: %s, field: %s, label: %s}", p.role, p.date, quoted(name+"的日期")))
	}
	for _, list := range []struct {
		name  string
		lines []string
	}{{"seals", seals}, {"signatures", signatures}, {"dates", dates}} {
		if len(list.lines) > 0 {
			fmt.Fprintf(b, "\n%s:\n%s\n", list.name, strings.Join(list.lines, "\n"))
		}
	}
	if len(w.cover) > 0 {
		unit := ""
		if owner != "" {
			unit = fmt.Sprintf("\n  unit: [%s]", owner)
		}
		fmt.Fprintf(b, "\nsearch: # 请核对：检索结果里显示哪些字段\n  name: [%s]%s\n", w.cover[0], unit)
	}
}
