package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// The sentences of the long texts. S and T are two skills of the line of work,
// P a place, G a gain, U the unit, D the line of work, C a country, F a foreign
// partner, n a small and N a larger number, Y a year.
var sentences = map[string][]string{
	"overview": {
		"{U}创建于{Y}年，长期围绕{D}开展科研与服务，是区内较早从事{S}的机构之一。",
		"现设{n}个研究室和1个中试基地，科研用房{N}平方米，主要仪器设备{n}台套。",
		"建有{D}工程技术研究中心，配套有样品前处理、数据处理和中试验证条件。",
		"在{S}方向形成稳定的研究队伍，骨干成员平均年龄不足四十岁。",
		"相关成果先后在{P}推广，{G}，用户反映良好。",
		"近三年承担各类科研任务{n}项，其中国际合作任务{n}项，到账经费{N}万元。",
		"获省部级科技奖励{n}项，参与制定行业标准{n}项，出版专著{n}部。",
		"业务范围覆盖{S}、{T}以及与之配套的检测咨询服务。",
		"单位设有独立的外事与知识产权岗位，制度健全，财务单独核算。",
		"与{C}有关机构往来多年，双方科研人员互访已成惯例。",
		"开发的{T}已在{P}连续运行两个年度，稳定性得到验证。",
		"面向{P}开放共享大型仪器，年均服务机时超过{N}小时。",
	},
	"achievements": {
		"{Y}年与{F}签订联合研究协议，就{S}开展为期三年的共同攻关。",
		"双方共同完成{T}的样机试制，在{P}进行了两轮现场试验，{G}。",
		"外方提供了关键原料配方，我方完成本地化适配，缩短研发周期约{n}个月。",
		"合作发表论文{n}篇，其中国际期刊{n}篇，联合申请专利{n}件。",
		"举办{D}国际研讨会{n}次，来自{C}等国的代表{N}人参会。",
		"该成果解决了{P}长期依赖进口技术的难题，对同类地区具有借鉴意义。",
		"依托合作建立的{S}试验点，已接待各地考察人员{N}人次。",
		"经第三方测试，{T}的主要指标达到国外同类产品水平，价格只有其六成。",
		"外方派出{n}名工程师来区指导，帮助培养技术骨干{n}名。",
		"成果鉴定意见认为，该项工作在{S}的机理研究上有明显创新。",
		"{Y}年合作成果列入自治区重点推广目录，在{P}累计应用{N}处。",
		"通过引进消化，形成了适合高原寒区条件的{T}成套方案。",
	},
	"talent": {
		"聘请{F}资深专家{n}人担任顾问，每年在区工作累计不少于{n}周。",
		"选送{n}名青年人员赴{C}研修，回国后均承担了{S}相关任务。",
		"从海外引进博士{n}人，安排启动经费{N}万元，解决住房与子女入学。",
		"组成由中外人员共同参加的{T}攻关小组，成员{n}人。",
		"与高校合作设立实习岗位{n}个，吸引研究生参与{D}研究。",
		"创新团队连续两年考核优秀，{G}。",
	},
	"goals": {
		"三年内建成集研发、示范、培训于一体的{D}合作平台。",
		"重点突破{S}和{T}两个瓶颈，{G}。",
		"由单位主要负责人牵头成立领导小组，日常事务由对外合作部门承担。",
		"项目立项实行专家论证，经费按进度拨付，年底组织验收。",
		"与{F}建立双月视频例会，问题清单逐项销号。",
		"涉外资料与样本出境须经保密审查，并登记备查。",
		"每年向{P}推介成熟技术{n}项，组织现场观摩{n}次。",
		"制定知识产权归属办法，共同成果按约定比例分享收益。",
		"到{Y}年底，争取与{C}新增稳定合作渠道{n}条。",
	},
	"demonstration": {
		"{S}的经验被{P}采用，带动周边{n}个旗县开展同类工作。",
		"牵头编写{D}对外合作案例集，发放{N}册。",
		"为区内{n}家单位牵线，促成其与{C}机构签订合作意向。",
		"示范点向社会免费开放，年接待学习人员{N}人次。",
		"将{T}纳入职业培训课程，结业学员{N}人，{G}。",
		"多次在盟市科技工作会议上介绍做法，获得肯定。",
		"围绕{P}的共性难题发布技术需求，引导外方力量参与解决。",
	},
	"partner_strengths": {
		"{F}在{S}领域研究历史较长，拥有成套试验装置和完整数据。",
		"其{T}技术能耗较低、适应性强，已在{C}多个地区应用。",
		"该机构科研人员{N}余名，半数以上具有博士学位。",
		"{C}气候条件与我区相似，相关参数可直接参考。",
		"外方掌握核心工艺并持有专利{n}项，愿意以许可方式转让。",
		"在人才培养方面经验丰富，可提供系统的岗位培训教材。",
		"检测方法获得国际互认，有助于我方产品进入海外市场。",
	},
	"partner_investment": {
		"{F}以设备和技术作价投入，折合人民币{N}万元。",
		"外方每年派出专家{n}人次来区工作，往返费用由其自理。",
		"中方提供场地、水电和后勤保障，双方共用试验数据。",
		"双方各指定一名协调人，重大事项由联席会议商定。",
		"合作期内形成的成果共同署名，转化收益按投入比例分配。",
		"{T}中试所需样机由外方提供，试验结束后留我方使用。",
		"设立联合基金{N}万元，用于资助{S}方向的青年人员。",
		"协议期满前半年，双方评估成效并商议续签事宜。",
	},
	"support_measures": {
		"每年从科技专项中列支{N}万元，用于基地设备更新。",
		"优先推荐基地申报{S}类项目，并协助办理外专来华手续。",
		"提供办公用房{N}平方米，三年内免收租金。",
		"指定专人联系基地，定期协调解决{P}应用中的问题。",
		"对引进的海外人才按政策兑现补贴，开通就医绿色通道。",
		"将基地建设列入本地区科技创新年度考核内容。",
	},
	"host_opinion": {
		"以上填报内容已逐项核实，准确无误，同意上报。",
		"我单位愿意为{D}基地提供人员、经费和场地支持。",
		"同意申请。基地认定后，我单位将落实各项配套条件，按年度报送总结。",
		"材料属实，未涉及国家秘密，同意推荐申报。",
		"本单位对申报材料的真实性负责，支持{L}牵头建设该基地。",
	},
	"recommender_opinion": {
		"申报单位条件较好，材料完整，同意推荐。",
		"经现场查看和材料审查，{U}符合申报要求，同意上报。",
		"该基地对本地区{D}发展有带动作用，同意推荐，请予支持。",
		"审查合格，同意推荐认定，我单位将做好后续服务与监督。",
	},
	"plan": {
		"围绕{P}的实际需要，把{S}作为今后一个时期的工作重点，{G}。",
		"依托已有的中试条件，与{F}共同完善{T}，形成可推广的技术方案。",
		"目前已收集国内外相关文献{N}篇，整理技术资料{n}册，建立了专题数据库。",
		"设立专职岗位{n}个，负责翻译、接待、合同与档案工作。",
		"每年安排自筹资金{N}万元，并积极争取各类科技计划支持。",
		"已与{C}的{n}家机构建立联系，合同与备忘录文本均已归档。",
		"在现有基地布局中，{D}方向尚属薄弱环节，本单位可起到补充作用。",
		"实行目标责任制，按季度检查进度，未完成的任务须说明原因并限期整改。",
		"计划用三年时间在{P}建立示范点{n}处，培训技术人员{N}人次。",
		"对来区工作的海外专家提供住房、交通和医疗便利，合同期满可续聘。",
		"与当地高新区管委会建立联动机制，共享场地、信息和人才资源。",
		"经过多年积累，{S}已具备对外输出的条件，{Y}年起承接境外订单。",
	},
}

// words fills the blanks of a sentence.
type words struct {
	unit, leader string
	domain       domain
	partners     []abroad
}

func (v words) fill(rng *rand.Rand, s string) string {
	two := rng.Perm(len(v.domain.skills))
	p := pick(rng, v.partners)
	if strings.Contains(s, "{G}") {
		g := pick(rng, v.domain.gains)
		s = strings.ReplaceAll(s, "{G}", fmt.Sprintf(g, 3+rng.IntN(27)))
	}
	s = strings.NewReplacer(
		"{U}", v.unit, "{L}", v.leader, "{D}", v.domain.name, "{S}", v.domain.skills[two[0]], "{T}", v.domain.skills[two[1]],
		"{P}", pick(rng, v.domain.places), "{C}", p.country, "{F}", p.name,
		"{Y}", fmt.Sprint(2017+rng.IntN(5)), "{N}", fmt.Sprint(30+10*rng.IntN(90)),
	).Replace(s)
	for strings.Contains(s, "{n}") {
		s = strings.Replace(s, "{n}", fmt.Sprint(2+rng.IntN(17)), 1)
	}
	return s
}

// prose writes a text of about n characters, in paragraphs joined by "\n". It
// keeps below n where it can, since n is mostly the limit of a field.
func (v words) prose(rng *rand.Rand, kind string, n int, paragraphs bool) string {
	list := sentences[kind]
	var b strings.Builder
	count, since := 0, 0
	used := map[string]bool{}
	for round := 0; round < 6; round++ {
		for _, i := range rng.Perm(len(list)) {
			s := v.fill(rng, list[i])
			size := utf8.RuneCountInString(s)
			if used[s] || (count > 0 && count+size > n) {
				continue
			}
			used[s] = true
			if paragraphs && since > 2 && rng.IntN(3) == 0 {
				b.WriteByte('\n')
				since = 0
			}
			b.WriteString(s)
			count += size
			since++
		}
		if count > n*9/10 {
			break
		}
	}
	return b.String()
}

// characters counts a text as its limit does: without line ends and spaces.
func characters(s string) int {
	return utf8.RuneCountInString(strings.Join(strings.Fields(s), ""))
}
