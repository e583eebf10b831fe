package extract

import "testing"

func TestMonthBefore(t *testing.T) {
	for _, tc := range []struct {
		line string
		day  int
		want int
	}{
		{"2022年48日", 8, 4},
		{"2022年 1212日", 12, 12},
		{"022年118曰", 8, 11},
		{"2022年88日", 7, 0}, // the day is read otherwise
		{"2022年12日", 5, 0},
		{"2022年138日", 8, 0},
		{"2022年4月8日", 8, 0},
		{"48日", 8, 0},
	} {
		if got := monthBefore(tc.line, tc.day); got != tc.want {
			t.Errorf("%s, the %d: month %d, want %d", tc.line, tc.day, got, tc.want)
		}
	}
}
