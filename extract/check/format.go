package check

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// formats says, for the types that have a form of their own, whether a value
// is well formed and what the form is.
var formats = map[call.FieldType]struct {
	good func(string) bool
	want string
}{
	call.Phone:    {goodPhones, "应为11位手机号，或区号加7至8位固定电话号码"},
	call.Postcode: {goodPostcode, "邮政编码应为6位数字"},
	call.Email:    {goodEmails, "电子邮箱应形如 name@example.com"},
	call.DateType: {goodDate, "应为真实的年月日"},
	call.Integer:  {goodInteger, "应为整数"},
}

// format checks the form of a filled value. 「无」 is well formed anywhere.
func (r *run) format(f call.Field) {
	rule, typed := formats[f.Type]
	v, found := r.app.Fields[f.Key]
	text := textOf(v.Value)
	if !typed || !found || text == "" {
		return
	}
	id := "field." + f.Key + ".format"
	at := spotOf(v)
	switch {
	case isNone(text) || rule.good(text):
		r.add(id, bundle.Pass, at, "“%s”格式正确", f.Label)
	case decide(v.Confidence, malformedSure) == bundle.Fail:
		r.add(id, bundle.Fail, at, "“%s”填写为“%s”，格式不对：%s", f.Label, short(text), rule.want)
	default:
		r.add(id, bundle.Review, at, "“%s”读作“%s”，格式不对（%s），可能是识别有误，请核对", f.Label, short(text), rule.want)
	}
}

// onePhone is one number at the start of a text: a mobile, a service number or
// a landline with its area code (the group), with or without an extension.
// nextPhone is a landline without an area code: taken only after one with
// (0471-6328568、6328620).
var (
	onePhone = regexp.MustCompile(`^(?:` +
		`(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}` +
		`|[48]00[- ]?\d{3}[- ]?\d{4}` +
		`|(?:\+?86[- ]?)?(\(0\d{2,3}\)|0\d{2,3})[- ]*[1-9]\d{6,7}(?:(?: ?转 ?|-)\d{1,5})?)`)
	nextPhone  = regexp.MustCompile(`^[1-9]\d{6,7}`)
	phoneLabel = regexp.MustCompile(`^(?:手机|固话|固定电话|办公电话|办公|电话|座机|传真)(?:号码|号)?:?`)
	oneDash    = strings.NewReplacer("—", "-", "–", "-", "−", "-", "‐", "-", "、", "/", "\n", " ")
)

// goodPhones says whether a text is one phone number or several, set apart by
// any of / 、 ; , or blanks. Blanks elsewhere are a reader's and are passed over.
func goodPhones(s string) bool {
	s = oneDash.Replace(norm.NFKC.String(s))
	return phones(s) || phones(strings.ReplaceAll(s, " ", ""))
}

func phones(s string) bool {
	const gap = " \t\r/;,|\\"
	numbers, area := 0, false
	for {
		s = strings.TrimLeft(s, gap)
		s = strings.TrimLeft(s[len(phoneLabel.FindString(s)):], gap)
		if s == "" {
			return numbers > 0
		}
		var number string
		if m := onePhone.FindStringSubmatch(s); m != nil {
			number = m[0]
			area = area || m[1] != ""
		} else if area {
			number = nextPhone.FindString(s)
		}
		s = s[len(number):]
		if number == "" || s != "" && s[0] >= '0' && s[0] <= '9' {
			return false
		}
		numbers++
	}
}

var postcode = regexp.MustCompile(`^\d{6}$`)

func goodPostcode(s string) bool { return postcode.MatchString(plain(s)) }

// email is an address as people write it on forms (RFC 5321's dot-string and
// domain, without quoted and bracketed ones).
var email = regexp.MustCompile(`^[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)

// goodEmails says whether a text is one address or several, set apart by any
// of / 、 ; , or blanks. Blanks elsewhere are a reader's and are passed over.
func goodEmails(s string) bool {
	s = strings.ToLower(norm.NFKC.String(s))
	return emails(s) || emails(plain(s))
}

func emails(s string) bool {
	n := 0
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("/;,、|", r)
	}) {
		if !email.MatchString(part) {
			return false
		}
		n++
	}
	return n > 0
}

func goodDate(s string) bool {
	_, err := call.ParseDate(s)
	return err == nil
}

var integer = regexp.MustCompile(`^\d{1,9}人?$`)

func goodInteger(s string) bool { return integer.MatchString(plain(s)) }
