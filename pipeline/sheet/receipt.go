package sheet

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	yearPattern    = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})(?:[^0-9]|$)`)
	receiptPattern = regexp.MustCompile(`^([0-9]{4})-(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])-([0-9]{4,9})-([A-Z])$`)
)

// checkLetters are the letters of Spain's identity numbers. A number's remainder
// by their count, 23, chooses one: as 23 is prime, and divides neither 9 nor 10,
// every single wrong digit and every two neighbours changed over give another.
const checkLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// NewReceipt is the number of the n-th receipt, from 1, that is given out on a
// day: year, month and day, n in at least four digits, and a check letter, as in
// 2031-0307-0042-K. The year is that in the call's id, else that of the day.
// NewReceipt keeps no count; who counts must give no n twice.
func NewReceipt(call string, day time.Time, n int) string {
	year := fmt.Sprintf("%04d", day.Year())
	if m := yearPattern.FindStringSubmatch(call); m != nil {
		year = m[1]
	}
	body := fmt.Sprintf("%s-%s-%04d", year, day.Format("0102"), n)
	return body + "-" + string(checkLetter(body))
}

// ValidReceipt says whether s is written like a receipt's number and has the
// check letter that belongs to it. Letters are capitals.
func ValidReceipt(s string) bool {
	m := receiptPattern.FindStringSubmatch(s)
	return m != nil && checkLetter(s[:len(s)-2]) == s[len(s)-1]
}

// checkLetter is that of the digits in body, of which there are at most 17.
func checkLetter(body string) byte {
	n, err := strconv.ParseUint(strings.ReplaceAll(body, "-", ""), 10, 64)
	if err != nil {
		return '?'
	}
	return checkLetters[n%uint64(len(checkLetters))]
}
