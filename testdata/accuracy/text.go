package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

var (
	// A long dash is printed as one or several pieces.
	dashes = regexp.MustCompile("[—―─━⸺⸻]+")
	// Signs that look alike on paper, and those that print nothing.
	alike = newAlike(map[string]string{
		"-":   "‐‑‒–−－﹣﹘⁃",
		"'":   "‘’‚‛′´`ˋ＇‹›",
		`"`:   "“”„‟″＂「」『』«»〝〞〟",
		"·":   "•‧・･∙⋅",
		"~":   "〜∼",
		":":   "∶",
		".":   "。｡",
		"...": "⋯",
		"":    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad",
	})
)

func newAlike(signs map[string]string) *strings.Replacer {
	var pairs []string
	for to, from := range signs {
		for _, r := range from {
			pairs = append(pairs, string(r), to)
		}
	}
	return strings.NewReplacer(pairs...)
}

// normal is a text in one of the ways in which it could be printed: full-width
// and half-width signs, kinds of quotes and dashes, and blanks make no difference.
func normal(s string) string {
	s = alike.Replace(dashes.ReplaceAllString(s, "-"))
	s = alike.Replace(norm.NFKC.String(s))
	return strings.Join(strings.Fields(s), "")
}

// plain is the normal text of a value that is a text or a number.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return normal(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return normal(fmt.Sprint(value))
}

// labels are the normal labels of the chosen check boxes, sorted.
func labels(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, v := range list {
		all = append(all, plain(v))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// edits is how many characters must be put in, left out or changed to make a of
// b (Levenshtein), at most as many as a has.
func edits(a, b string) int {
	s, t := []rune(a), []rune(b)
	return min(distance(s, t), len(s))
}

// likeness is 1 for equal texts, 0 for texts that have nothing in common.
func likeness(a, b string) float64 {
	s, t := []rune(a), []rune(b)
	if len(s) == 0 && len(t) == 0 {
		return 1
	}
	return 1 - float64(distance(s, t))/float64(max(len(s), len(t)))
}

func distance(s, t []rune) int {
	// row[j] is the distance of what was seen of s and the first j of t.
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range t {
			change := diagonal
			if r != q {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(t)]
}
