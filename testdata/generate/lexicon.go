package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// domain is a line of work: the words that an applicant's texts turn on.
type domain struct {
	name       string // what the base is about
	field      string
	discipline string
	direction  string
	skills     []string // methods and products
	places     []string // where they are used
	gains      []string // what they brought, with one %d
	trade      string   // how a company or institute of this line is called
}

var domains = []domain{
	{"蒙药材资源与现代制剂", "医药卫生", "中药学", "道地药材质量控制",
		[]string{"沙生药材仿野生种植", "蒙药复方指纹图谱", "超微粉碎制剂工艺", "药材产地溯源平台", "有效成分定向提取", "毒性药材减毒炮制"},
		[]string{"药材种植合作社", "旗县蒙医医院", "沙地药源保护区", "制剂车间"},
		[]string{"有效成分得率提高%d%%", "建成规范化种植基地%d万亩", "完成质量标准草案%d项"}, "蒙药"},
	{"稀土永磁与节能电机", "材料科学", "磁性材料", "重稀土减量磁体",
		[]string{"晶界扩散技术", "废旧磁体短流程回收", "永磁电机热管理设计", "磁体耐蚀涂层", "近终成形烧结", "磁性能快速检测仪"},
		[]string{"磁材生产线", "矿山提升设备", "电机制造企业", "抽油机改造现场"},
		[]string{"重稀土用量减少%d%%", "电机综合能效提高%d个百分点", "申请发明专利%d件"}, "磁材"},
	{"光伏治沙与新型储能", "能源科学", "太阳能工程", "板下生态与储能耦合",
		[]string{"双面组件抗风沙封装", "液流电池模块", "板间牧草混播", "光伏阵列清扫机器人", "储能电站消防预警", "组件隐裂红外诊断"},
		[]string{"荒漠光伏电站", "园区微电网", "采煤沉陷区", "边境供电点"},
		[]string{"度电成本下降%d%%", "固沙面积增加%d万亩", "弃光率降低%d个百分点"}, "光储科技"},
	{"湖泊湿地水生态保护", "环境科学", "水文水资源", "寒旱区湖泊水量平衡",
		[]string{"湖冰遥感反演", "入湖河口湿地净化", "蓝藻水华预警模型", "沉积物内源控制", "渔业资源声学调查", "水体碳收支观测"},
		[]string{"内陆咸水湖", "河口湿地", "国境河流断面", "沿湖苏木"},
		[]string{"入湖总磷负荷削减%d%%", "建立长期监测断面%d处", "恢复湿地面积%d万亩"}, "水生态"},
	{"动物疫苗与生物安全", "兽医学", "预防兽医学", "跨境动物疫病防控",
		[]string{"口蹄疫多价疫苗", "布鲁氏菌病鉴别诊断", "悬浮培养放大工艺", "疫苗耐热保护剂", "边境野生动物疫源监测", "冷链全程温度记录"},
		[]string{"规模化养殖场", "边境免疫带", "屠宰检疫点", "动物疾控实验室"},
		[]string{"免疫抗体合格率达到%d%%", "培训基层兽医%d人次", "取得新兽药证书%d个"}, "生物制品"},
	{"双峰驼种质与驼乳精深加工", "畜牧学", "动物遗传资源", "乳用双峰驼选育",
		[]string{"驼乳低温喷雾干燥", "双峰驼体细胞保种", "驼乳掺伪检测", "戈壁牧场饮水点监控", "驼绒分梳工艺", "驼群行为定位项圈"},
		[]string{"戈壁牧场", "驼乳收购站", "驼业合作社", "乳品检验中心"},
		[]string{"单峰期日产奶量提高%d%%", "建立核心育种群%d个", "带动牧户增收%d万元"}, "驼业"},
	{"盐碱地改良与耐盐作物", "农学", "土壤学", "内陆盐碱地综合利用",
		[]string{"暗管排盐系统", "耐盐碱油葵选育", "脱硫石膏改土技术", "土壤盐分移动测量", "微生物菌肥", "咸淡水轮灌制度"},
		[]string{"河套灌区", "撂荒盐碱地", "旗县农技站", "示范农场"},
		[]string{"耕层含盐量下降%d%%", "改良盐碱地%d万亩", "选育耐盐品系%d个"}, "农业科技"},
	{"低温建材与寒区工程", "土木工程", "建筑材料", "冻融环境混凝土耐久性",
		[]string{"负温早强混凝土", "冻土路基热棒监测", "粉煤灰基保温板", "钢渣透水砖", "装配式牧民住房", "结构裂缝图像识别"},
		[]string{"高寒公路", "口岸货场", "牧区定居点", "固废堆场"},
		[]string{"冬季施工期延长%d天", "固废掺量达到%d%%", "编制地方工法%d项"}, "建材"},
	{"古生物化石与地质遗迹保护", "地球科学", "古生物学", "白垩纪脊椎动物群",
		[]string{"化石三维扫描建模", "遗迹点风化监测", "化石加固保护材料", "地层精细对比", "数字地质博物馆", "化石修复技术培训"},
		[]string{"恐龙化石产地", "国家地质公园", "自然博物馆", "野外发掘现场"},
		[]string{"修复标本%d件", "建立数字模型%d套", "发现新属种%d个"}, "地质"},
	{"蒙古高原遥感与空间信息", "测绘科学", "遥感技术", "荒漠化动态监测",
		[]string{"积雪深度反演算法", "草原火险预报系统", "沙尘源区识别", "高光谱矿物填图", "跨境数据共享网关", "地面验证场网络"},
		[]string{"中蒙边境地带", "矿区复垦地块", "气象观测场", "林草管护站"},
		[]string{"反演精度提高%d%%", "发布专题产品%d期", "建立验证样点%d个"}, "空间信息"},
}

// services are lines of work of a technology transfer centre.
var services = []domain{
	{"中蒙俄农牧业技术转移", "科技服务业", "科技管理", "跨境农牧业技术转移",
		[]string{"技术需求征集平台", "海外专家在线会诊", "成果评价与定价", "跨境项目路演", "多语种专利检索", "技术合同登记服务"},
		[]string{"科技型中小企业", "口岸合作区", "农牧业龙头企业", "境外示范园"},
		[]string{"促成技术交易额%d万元", "服务企业%d家", "组织对接活动%d场"}, "科技服务"},
	{"绿色矿业国际技术转移", "科技服务业", "技术经济", "矿业节能装备引进",
		[]string{"尾矿资源化技术包", "矿用电动卡车引进", "知识产权预警分析", "国际标准比对", "远程设备诊断", "外籍工程师驻场计划"},
		[]string{"大型露天矿", "选冶企业", "高新区孵化器", "境外矿业项目"},
		[]string{"引进先进技术%d项", "节约标准煤%d万吨", "孵化企业%d家"}, "技术转移"},
}

var (
	placeHeads = []string{"查干", "巴彦", "阿木", "额尔登", "宝日", "苏尼", "布日", "敖伦", "都荣", "满达", "那仁", "朝格", "希日", "陶森", "嘎鲁", "伊和", "毕力", "胡硕"}
	placeTails = []string{"套海", "浩来", "宝力格", "高勒", "花", "善达", "芒哈", "扎拉", "乌素", "图嘎", "敦德", "查布"}
	surnames   = []rune("王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐邓曹彭曾田董潘袁蔡蒋余于杜叶程魏苏丁任卢姚崔钟谭汪范石廖贾韦夏付方邹熊白孟秦邱江尹薛闫段雷侯龙陶黎贺顾毛郝龚邵万钱严")
	givenRunes = []rune("伟芳娜敏静强磊军洋勇艳杰涛明超霞平刚桂英华文玉兰红梅丽萍波辉鹏飞宇浩然子轩雨佳欣怡晨思远志国建新春生宏亮光永世昌泽民树林海峰山川云翔卫东书琴淑珍学勤")
	mongolian  = []string{"巴特尔", "苏日娜", "其木格", "格日勒图", "娜仁花", "布仁", "图力古尔", "萨仁", "朝鲁", "呼格吉勒", "乌云毕力格", "斯琴", "哈斯", "宝音", "那顺", "莫日根", "托娅", "孟克", "海日罕", "达布"}
	titles     = []string{"主任", "院长", "副所长", "总工程师", "研究员", "董事长", "副教授", "高级工程师", "中心主任", "科研处长", "技术总监", "教授"}
	staffRoles = []string{"外事秘书", "项目专员", "科研管理部部长", "助理工程师", "合作交流处副处长", "办公室副主任", "高级农艺师", "实验师", "综合科科长"}
	streets    = []string{"文苑大街", "昆都仑路", "团结北路", "胜利东街", "成吉思汗西街", "创业大道", "科技一街", "民族团结路", "学府南路", "新建西街"}
	bureaus    = []string{"内蒙古自治区农畜产品质量厅", "内蒙古自治区生态资源厅", "内蒙古自治区民族医药管理局", "内蒙古自治区数字产业厅", "内蒙古自治区口岸经济厅"}
	syllables  = []string{"ba", "er", "hu", "ke", "li", "mo", "na", "qi", "ru", "sa", "te", "wu", "xi", "yu", "zo", "den", "gan", "lun"}
)

// abroad is a partner in another country.
type abroad struct{ country, name, latin string }

var partnersAbroad = []abroad{
	{"蒙古国", "科布多应用科学大学", "Khovd University of Applied Science"},
	{"蒙古国", "戈壁农牧研究院", "Gobi Research Institute of Husbandry"},
	{"俄罗斯", "后贝加尔资源与环境研究所", "Transbaikal Institute of Natural Resources"},
	{"俄罗斯", "叶尼塞国立技术大学", "Yenisei State Technical University"},
	{"哈萨克斯坦", "阿克莫拉农业技术大学", "Akmola Agrotechnical University"},
	{"德国", "图林根材料技术中心", "Thuringia Centre for Materials"},
	{"芬兰", "奥卢寒区工程研究院", "Oulu Cold Region Engineering Institute"},
	{"日本", "筑紫环境分析株式会社", "Tsukushi Environmental Analysis Co., Ltd."},
	{"韩国", "江原生物技术研究院", "Gangwon Institute of Biotechnology"},
	{"加拿大", "萨省草地农业学院", "Saskatchewan Prairie College"},
	{"以色列", "内盖夫旱区农业中心", "Negev Arid Farming Center"},
	{"波兰", "西里西亚矿业学院", "Silesian Mining Academy"},
	{"英国", "北海能源系统有限公司", "North Sea Energy Systems Ltd."},
	{"匈牙利", "蒂萨河水利研究所", "Tisza Hydraulic Institute"},
}

// pick takes one of a list.
func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// pickSome takes n different ones of a list, in the list's order where keep is set.
func pickSome[T any](rng *rand.Rand, list []T, n int, keep bool) []T {
	order := rng.Perm(len(list))[:min(n, len(list))]
	if keep {
		seen := map[int]bool{}
		for _, i := range order {
			seen[i] = true
		}
		order = order[:0]
		for i := range list {
			if seen[i] {
				order = append(order, i)
			}
		}
	}
	var out []T
	for _, i := range order {
		out = append(out, list[i])
	}
	return out
}

// placeName invents a league or city that has not been used yet.
func (w *world) placeName() string {
	for {
		n := pick(w.rng, placeHeads) + pick(w.rng, placeTails)
		if !w.used[n] {
			w.used[n] = true
			return n
		}
	}
}

func (w *world) person() string {
	if w.rng.IntN(5) == 0 {
		return pick(w.rng, mongolian)
	}
	n := string(pick(w.rng, surnames)) + string(pick(w.rng, givenRunes))
	if w.rng.IntN(3) > 0 {
		n += string(pick(w.rng, givenRunes))
	}
	return n
}

func (w *world) mobile() string {
	return fmt.Sprintf("1%s%08d", pick(w.rng, []string{"38", "50", "59", "34", "86", "99", "77", "73"}), w.rng.IntN(1e8))
}

func (w *world) landline(area string) string {
	return fmt.Sprintf("%s-%d%06d", area, 2+w.rng.IntN(7), w.rng.IntN(1e6))
}

func (w *world) latinName() string {
	var b strings.Builder
	for range 2 + w.rng.IntN(2) {
		b.WriteString(pick(w.rng, syllables))
	}
	return b.String()
}
