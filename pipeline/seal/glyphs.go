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

//go:generate go run ./glyphgen -o glyphs.bin.gz /usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc:2 /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc:2 /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc:2 /usr/share/fonts/truetype/arphic/ukai.ttc:0 /usr/share/fonts/truetype/arphic/uming.ttc:0 /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:2

//go:embed glyphs.bin.gz
var glyphData []byte

// The sides of a shape and of its coarse form, which sorts out what need not be
// looked at closely.
const (
	fineSide  = 16
	roughSide = 8
)

// directions is the number of directions of strokes' edges that are told apart.
const directions = 8

// shape is a character's smoothed picture as a vector of mean 0 and length 1, so
// that the product of two shapes is their correlation. The fine form has the ink
// and, pooled over small squares, the strength of edges in each direction, which
// tell characters of different weight and style apart best (Kimura et al.,
// "Modified quadratic discriminant functions and the application to Chinese
// character recognition", 1987). The coarse form is ink alone.
type shape struct {
	fine  [fineSide*fineSide + directions*roughSide*roughSide]float32
	rough rough
}

// rough is the coarse form of a shape.
type rough [roughSide * roughSide]float32

// glyphs are the shapes of the characters of GB 2312 in one or more styles.
type glyphs struct {
	runes  []rune
	styles []style
	// usual are the indices of characters that names of institutions are made
	// of. They serve to find where characters stand, not which they are.
	usual []int
	known map[int]bool // the same as a set
}

// style is one style's characters: their coarse shapes, and their pictures, from
// which the fine shapes are made when asked for, as all of them would fill 30 MB.
type style struct {
	rough  []rough
	packed []byte
}

// packedSize is the number of bytes of a picture: two bits to a value.
const packedSize = fineSide * fineSide / 4

// shape is that of the character i.
func (s style) shape(i int) shape { return shapeOf(s.picture(i)) }

// picture unpacks the character i.
func (s style) picture(i int) *plane {
	p := newPlane(fineSide, fineSide)
	b := s.packed[i*packedSize:]
	for k := range p.v {
		p.v[k] = float32(b[k/4]>>(k%4*2)&3) / 3
	}
	return p.blur(1)
}

// firstLevel is the number of characters in the first level of GB 2312, which
// holds the usual ones.
const firstLevel = 3755

const usualBonus = 0.03

// bonus is what the character i is likelier than a middling one before anything
// is seen, in units of correlation.
func (g *glyphs) bonus(i int) float64 {
	switch {
	case g.known[i]:
		return usualBonus
	case i >= firstLevel:
		return -usualBonus
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
	if len(raw) < 4 {
		return nil, io.ErrUnexpectedEOF
	}
	styles, n := int(binary.LittleEndian.Uint16(raw)), int(binary.LittleEndian.Uint16(raw[2:]))
	if raw = raw[4:]; len(raw) != 2*n+styles*n*packedSize {
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
	for range styles {
		st := style{make([]rough, n), raw[:n*packedSize]}
		for i := range st.rough {
			st.rough[i] = roughOf(st.picture(i))
		}
		g.styles = append(g.styles, st)
		raw = raw[n*packedSize:]
	}
	return g, nil
}

// shapeOf is the shape of a picture of fineSide by fineSide.
func shapeOf(p *plane) shape {
	s := shape{rough: roughOf(p)}
	ink, edges := s.fine[:fineSide*fineSide], s.fine[fineSide*fineSide:]
	copy(ink, p.v)
	normalise(ink, leastContrast)
	poolEdges(edges, p)
	normalise(edges, leastContrast/2)
	for i := range ink {
		ink[i] *= inkPart
	}
	for i := range edges {
		edges[i] *= edgePart
	}
	return s
}

// roughOf is the coarse form of the same.
func roughOf(p *plane) (r rough) {
	const f = fineSide / roughSide
	for i, v := range p.v {
		r[i/fineSide/f*roughSide+i%fineSide/f] += v
	}
	normalise(r[:], leastContrast*f*f)
	return r
}

// The square roots of the shares of ink and edges in the fine shape.
var inkPart, edgePart = float32(math.Sqrt(0.6)), float32(math.Sqrt(0.4))

// poolEdges adds up the gradients of a picture by direction, in squares of two by
// two pixels that overlap.
func poolEdges(edges []float32, p *plane) {
	at := func(x, y int) float32 {
		if x < 0 || y < 0 || x >= p.w || y >= p.h {
			return 0
		}
		return p.v[y*p.w+x]
	}
	for y := range p.h {
		for x := range p.w {
			gx, gy := at(x+1, y)-at(x-1, y), at(x, y+1)-at(x, y-1)
			m := float32(math.Sqrt(float64(gx*gx + gy*gy)))
			if m == 0 {
				continue
			}
			turn := (math.Atan2(float64(gy), float64(gx))/(2*math.Pi) + 1) * directions
			d := int(turn)
			next := float32(turn - float64(d))
			// The square that holds the pixel has most of it, those beside it some.
			for _, q := range [4][3]int{{0, 0, 9}, {1, 0, 3}, {0, 1, 3}, {1, 1, 1}} {
				px, py := x/2+q[0]*(2*(x%2)-1), y/2+q[1]*(2*(y%2)-1)
				if px < 0 || py < 0 || px >= roughSide || py >= roughSide {
					continue
				}
				w := m * float32(q[2]) / 16
				i := py*roughSide + px
				edges[d%directions*roughSide*roughSide+i] += w * (1 - next)
				edges[(d+1)%directions*roughSide*roughSide+i] += w * next
			}
		}
	}
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
