package main

import (
	"iter"
	"maps"
	"slices"
)

// column is a column of a table: its key, its printed head and its share of the width.
type column struct {
	key, label string
	share      float64
}

var projectColumns = []column{
	{"name", "项目名称及编号", 0.20}, {"partner", "合作国别及单位", 0.16}, {"funding", "经费投入（万元）中方/外方", 0.12},
	{"undertaker", "承担单位", 0.14}, {"approver", "立项机构", 0.11}, {"period", "立项时间/完成时间", 0.12}, {"results", "取得成效（专利、论文等）", 0.15},
}

var partnerColumns = []column{
	{"country", "国别", 0.14}, {"institution", "机构名称（中英文，具体到科研机构实体、大学院系、企业）", 0.40},
	{"agreement", "签署的科技合作协议名称、时间、有效期及主要内容（未签署协议请注明）", 0.46},
}

// inOrder walks a map by ascending key, so that a seed gives the same draws every time.
func inOrder[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
