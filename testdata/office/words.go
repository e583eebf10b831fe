package office

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The words of invented papers. No place, unit or person of these names is known.
var (
	surnames = strings.Fields("陈 林 黄 周 吴 徐 孙 马 朱 胡 郭 何 罗 高 梁 郑 谢 宋 唐 韩 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖")
	given    = []rune("秋平英敏静磊洋勇艳娟涛明超霞刚桂芳华建国志强文斌丽娜海燕晓东雪梅玉兰春红鹏飞宇航子涵浩然思远嘉怡雅琴立新德胜庆丰永福")
	places   = strings.Fields("青禾市 云岭市 毕力图嘎市 白鹿旗 沙棘镇 乌兰塔拉市 金穗市 北坡旗 碧水县 长滩市 松原里市 石砚市 巴彦淖日市 红柳旗 银河区 查干毛都旗 柳溪市 双桥区 苇塘县 海拉善市 古榆市 草甸旗 明湖市 雁栖县 乌仁图雅旗 赛罕高勒市 望川市 东麓区 驼铃县 胡杨市")
	topics   = strings.Fields("稀土永磁 荒漠化防治 草原生态修复 蒙药资源 肉羊育种 乳制品安全 风电装备 光伏治沙 煤基新材料 石墨烯储能 马铃薯种业 冻土工程 跨境物流 智能采矿 盐碱地改良 沙棘深加工 羊绒纺织 疫病防控 黄河水资源 氢能制备 高寒牧草 云计算 遥感监测 农畜产品检测 中医康复 铜冶炼 无人机植保 节水灌溉 荞麦品质 奶牛繁育 碳汇计量 冰雪装备 口岸检疫 甜菜制糖 低温轴承 生物质能 膜分离 矿山修复 蜱媒传染病 沙产业")
	kinds    = strings.Fields("大学 学院 研究院 研究所 科技有限公司 农牧科学院 医院 科技园区管理委员会 检测中心 技术转移中心 工程技术有限责任公司 生产力促进中心")
	things   = strings.Fields("联合实验室 示范基地 合作项目 技术标准 试验田 数据平台 人才团队 培训课程 专利成果 中试生产线 监测站点 合作协议 交流机制 研究报告 仪器设备 良种繁育体系 产业联盟 成果转化平台 管理办法 专项经费")
	acts     = strings.Fields("建立了 引进了 共同申请了 完成了 推广了 制定了 扩建了 签署了 承担了 开展了 优化了 验收了 投入了 培养了 形成了 支持了 评估了 共享了 规划了 改造了")
	partners = strings.Fields("国立农业大学 科学院植物研究所 理工学院 畜牧研究中心 能源署 地球物理研究所 医科大学 材料研究所 水资源委员会 环境与发展中心 东方大学 工业技术研究院")
	effects  = strings.Fields("显著提高了生产效率 填补了区域空白 降低了能耗和成本 带动了周边农牧民增收 得到主管部门的肯定 为后续研究打下基础 在同行中产生了良好影响 缩短了引进消化的周期 保障了数据质量 提升了国际影响力 实现了资源共享 服务了地方产业发展")
	openings = strings.Fields("近年来 本单位 依托国际科技合作基地 围绕重点任务 根据协议 在此基础上 双方 项目组 经过三年建设 面向国家需求 结合区域特点 通过联合攻关 按照年度计划 与此同时 截至目前 今后")
)

// author writes what stands on invented papers.
type author struct{ *rand.Rand }

func (a author) pick(list []string) string { return list[a.IntN(len(list))] }

func (a author) person() string {
	name := a.pick(surnames)
	for range 1 + a.IntN(2) {
		name += string(given[a.IntN(len(given))])
	}
	return name
}

// unitName is the n-th unit's name, always the same.
func unitName(n int) string {
	a := author{rand.New(rand.NewPCG(uint64(n), 11))}
	core := ""
	for range 1 + a.IntN(2) {
		core += string(given[a.IntN(len(given))])
	}
	return a.pick(places) + core + strings.TrimSuffix(a.pick(topics), "工程") + a.pick(kinds)
}

// rare is a word that hardly any other paper has, as names and terms are, and as
// misread characters make them.
func (a author) rare() string {
	out := make([]rune, 2+a.IntN(2))
	for i := range out {
		out[i] = rune(0x4e00 + a.IntN(6000))
	}
	return string(out)
}

// sentence is one about a topic.
func (a author) sentence(topic string) string {
	var b strings.Builder
	b.WriteString(a.pick(openings) + "，" + a.person() + "等" + a.pick(acts))
	switch a.IntN(4) {
	case 0:
		b.WriteString("与" + a.pick(partners) + "的")
	case 1:
		fmt.Fprintf(&b, "%d项", 1+a.IntN(40))
	case 2:
		b.WriteString("面向" + a.rare() + "的")
	}
	if a.IntN(3) == 0 {
		topic = a.pick(topics)
	}
	b.WriteString(topic + a.pick(things) + "，" + a.pick(effects))
	if a.IntN(4) == 0 {
		fmt.Fprintf(&b, "，累计投入%d万元", 10+a.IntN(900))
	}
	b.WriteString("。")
	return b.String()
}

// prose is whole sentences of at most limit characters.
func (a author) prose(topic string, limit int) string {
	var b strings.Builder
	n := 0
	for {
		s := a.sentence(topic)
		length := len([]rune(s))
		if n > 0 && n+length > limit {
			return b.String()
		}
		b.WriteString(s)
		if n += length; n > limit {
			return string([]rune(b.String())[:limit])
		}
	}
}

// misread gives a text as a reader has it, about one character in a hundred wrong.
func (a author) misread(text string) string {
	out := []rune(text)
	for i, r := range out {
		if r >= 0x4e00 && a.IntN(100) == 0 {
			out[i] = rune(0x4e00 + a.IntN(6000))
		}
	}
	return string(out)
}
