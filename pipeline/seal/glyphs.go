package seal

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
)

//go:generate go run ./glyphgen -o glyphs.bin.gz /usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc:2 /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc:2

//go:embed glyphs.bin.gz
var glyphData []byte

// The sides of a shape and of its coarse form, which sorts out what need not be
// looked at closely.
const (
	fineSide  = 16
	roughSide = 8
)

// shape is a character's smoothed picture as a vector of mean 0 and length 1, so
// that the product of two shapes is their correlation.
type shape struct {
	fine  [fineSide * fineSide]float32
	rough [roughSide * roughSide]float32
}

// glyphs are the shapes of the characters of GB 2312 in one or more styles.
type glyphs struct {
	runes  []rune
	styles [][]shape
	// usual are the indices of characters that names of institutions are made
	// of. They serve to find where characters stand, not which they are.
	usual []int
	known map[int]bool // the same as a set
}

// firstLevel is the number of characters in the first level of GB 2312, which
// holds the usual ones.
const firstLevel = 3755

// bonus is what the character i is likelier than a middling one before anything
// is seen, in units of correlation.
func (g *glyphs) bonus(i int) float64 {
	switch {
	case g.known[i]:
		return 0.03
	case i >= firstLevel:
		return -0.03
	}
	return 0
}

const usualChars = "中国科学技术研究院所局厅委员会大公司有限责任股份集团农牧业工程医药生态环境保护能源化新材料" +
	"信息网络智慧数字电子机械装备制造生物食品乳肉羊牛马草原沙地治理水利林矿产煤炭冶金建筑交通运输物流商贸易服务" +
	"心基站管协创促进转移际合作校职师范民族蒙古自区内东西南北部省市县旗盟州镇乡村人政府财教育发展改革经济税卫健康" +
	"第一二三四五六七八九十附属高等专用章办室处总分支京上海天河山江湖阳安平宁宝通辽赤峰鄂尔多斯呼伦贝包头乌兰察布" +
	"锡郭勒阿拉善巴彦兴额纳满洲里连浩特和力吉塔白音哈日红华联宏伟长春光明种植养殖畜品检验测气象震质量监督标准知识权" +
	"投资开控文旅游体广播视冰雪风太伏氢储稀土钢铁铝肥饲料兽疫苗动园艺果蔬菜粮油"

// loadGlyphs unpacks the embedded shapes, once.
var loadGlyphs = sync.OnceValue(func() *glyphs {
	g, err := unpackGlyphs(glyphData)
	if err != nil {
		panic("seal: the embedded glyphs are damaged: " + err.Error())
	}
	return g
})

// unpackGlyphs reads what glyphgen writes.
func unpackGlyphs(data []byte) (*glyphs, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	const packed = fineSide * fineSide / 4
	if len(raw) < 4 {
		return nil, io.ErrUnexpectedEOF
	}
	styles, n := int(binary.LittleEndian.Uint16(raw)), int(binary.LittleEndian.Uint16(raw[2:]))
	if raw = raw[4:]; len(raw) != 2*n+styles*n*packed {
		return nil, fmt.Errorf("%d bytes for %d styles of %d characters", len(raw), styles, n)
	}
	g := &glyphs{runes: make([]rune, n), known: make(map[int]bool)}
	index := make(map[rune]int, n)
	for i := range n {
		g.runes[i] = rune(binary.LittleEndian.Uint16(raw[2*i:]))
		index[g.runes[i]] = i
	}
	for _, r := range usualChars {
		if i, ok := index[r]; ok {
			g.usual = append(g.usual, i)
			g.known[i] = true
		}
	}
	raw = raw[2*n:]
	p := newPlane(fineSide, fineSide)
	for range styles {
		style := make([]shape, n)
		for i := range style {
			for k := range p.v {
				p.v[k] = float32(raw[k/4]>>(k%4*2)&3) / 3
			}
			style[i] = shapeOf(p.blur(1))
			raw = raw[packed:]
		}
		g.styles = append(g.styles, style)
	}
	return g, nil
}

// shapeOf is the shape of a picture of fineSide by fineSide.
func shapeOf(p *plane) shape {
	var s shape
	const f = fineSide / roughSide
	for i, v := range p.v {
		s.fine[i] = v
		s.rough[i/fineSide/f*roughSide+i%fineSide/f] += v
	}
	normalise(s.fine[:], leastContrast)
	normalise(s.rough[:], leastContrast*f*f)
	return s
}

// leastContrast is the standard deviation of ink below which a shape's vector
// stays shorter than 1, since there is hardly anything to see.
const leastContrast = 0.08

// normalise makes the mean of v 0 and its length 1, or less where it varies less
// than it should.
func normalise(v []float32, least float32) {
	var mean, sum float32
	for _, x := range v {
		mean += x
	}
	mean /= float32(len(v))
	for i := range v {
		v[i] -= mean
		sum += v[i] * v[i]
	}
	length := max(float32(math.Sqrt(float64(sum))), least*float32(math.Sqrt(float64(len(v)))))
	for i := range v {
		v[i] /= length
	}
}

// dot is the product of two vectors of equal length, a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i+3 < len(a) && i+3 < len(b); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	return s0 + s1 + s2 + s3
}
