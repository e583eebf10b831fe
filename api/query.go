package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// query reads the parameters of a request, and takes down what is wrong with them. A
// parameter that the route does not know is wrong: it is misspelt more likely than not.
type query struct {
	values url.Values
	known  []string
	wrong  []parameterError
}

// parameterError is what is wrong with one parameter.
type parameterError struct {
	Parameter string `json:"parameter"`
	Detail    string `json:"detail"`
}

func (q *query) refuse(name, detail string) {
	q.wrong = append(q.wrong, parameterError{name, detail})
}

// text is a parameter that is given once, of at most longest characters; "" for none.
func (q *query) text(name string, longest int) string {
	q.known = append(q.known, name)
	list := q.values[name]
	switch {
	case len(list) == 0:
		return ""
	case len(list) > 1:
		q.refuse(name, "is given more than once")
	case !utf8.ValidString(list[0]) || utf8.RuneCountInString(list[0]) > longest:
		q.refuse(name, "has at most "+strconv.Itoa(longest)+" characters of UTF-8")
	}
	return list[0]
}

// number is one from least to most; def where it is not given.
func (q *query) number(name string, def, least, most int) int {
	s := q.text(name, 20)
	if s == "" {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		q.refuse(name, "is a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return def
	}
	return n
}

// choice is one of some values; "" for none.
func (q *query) choice(name string, of ...string) string {
	s := q.text(name, 100)
	if s != "" && !slices.Contains(of, s) {
		q.refuse(name, "is one of "+strings.Join(of, ", "))
		return ""
	}
	return s
}

// most is how many values of one parameter count; nobody asks for more.
const most = 200

// all are the values of a parameter that may be given many times, each once.
func (q *query) all(name string) []string {
	q.known = append(q.known, name)
	var out []string
	for _, s := range q.values[name] {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > most {
		q.refuse(name, "has at most "+strconv.Itoa(most)+" values")
	}
	return out
}

// end gives the problem of what is wrong, nil for nothing.
func (q *query) end() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.refuse(name, "is no parameter of this address")
		}
	}
	if len(q.wrong) == 0 {
		return nil
	}
	slices.SortFunc(q.wrong, func(a, b parameterError) int { return strings.Compare(a.Parameter, b.Parameter) })
	return problem{kind: "parameter", more: map[string]any{"errors": q.wrong}}
}
