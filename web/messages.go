package web

import (
	"fmt"
	"maps"
)

// langs are the languages, the default first.
var langs = []string{"zh", "en"}

// text is a message in every language, with verbs of package fmt for its arguments.
type text struct{ zh, en string }

// messages are all texts of pages, by key. A page adds a table of its own here.
var messages = joined(shellMessages, boardMessages, searchMessages, reviewMessages, arrangeMessages, reportMessages, accountMessages, auditMessages, callMessages, tokenMessages, likeMessages)

func joined(tables ...map[string]text) map[string]text {
	all := map[string]text{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// known says whether there is a message.
func known(key string) bool {
	_, ok := messages[key]
	return ok
}

// say gives a message in a language.
func say(lang, key string, args ...any) (string, error) {
	m, ok := messages[key]
	if !ok {
		return "", fmt.Errorf("there is no message %q", key)
	}
	format := m.zh
	if lang == "en" {
		format = m.en
	}
	if len(args) == 0 {
		return format, nil
	}
	return fmt.Sprintf(format, args...), nil
}

// shellMessages are the texts of the shell and its own pages.
var shellMessages = map[string]text{
	"desk":        {"材料受理台", "Intake desk"},
	"skip":        {"跳到正文", "Skip to content"},
	"navigation":  {"主导航", "Main navigation"},
	"user.menu":   {"我的菜单：", "My menu: "},
	"user.me":     {"我的账号", "My account"},
	"user.help":   {"帮助", "Help"},
	"user.leave":  {"退出登录", "Sign out"},
	"lang.other":  {"English", "中文"},
	"lang.switch": {"切换为英文", "Switch to Chinese"},
	"toast.close": {"关闭", "Close"},
	"toast.lost":  {"连接不上服务器，请检查网络后重试。", "The server cannot be reached. Check the network and try again."},

	"signin.title":  {"登录", "Sign in"},
	"signin.submit": {"登录", "Sign in"},
	"signin.forgot": {"忘记密码时，请管理员为您重设。", "If you forgot your password, ask an administrator for a new one."},

	"account.name":         {"登录名", "Sign-in name"},
	"account.display":      {"姓名", "Name"},
	"account.display.hint": {"同事看到的名字，可以不填。", "What colleagues see. May be left empty."},
	"account.role":         {"角色", "Role"},
	"account.password":     {"密码", "Password"},
	"account.current":      {"现在的密码", "Current password"},
	"account.new":          {"新密码", "New password"},
	"account.new.hint": {
		"至少 10 个字符。几个不相干的词连起来，好记也难猜。",
		"At least 10 characters. A few unrelated words are easy to remember and hard to guess.",
	},
	"account.repeat": {"再输入一次新密码", "New password again"},
	"account.since":  {"本次登录", "Signed in"},

	"setup.title":  {"首次设置", "First set-up"},
	"setup.text":   {"在这里建立第一个管理员账号。链接只能用一次。", "Here you make the first administrator's account. The link works once."},
	"setup.submit": {"建立账号并登录", "Make the account and sign in"},
	"setup.done":   {"管理员账号已建立。", "The administrator's account is made."},

	"me.title":           {"我的账号", "My account"},
	"me.password":        {"修改密码", "Change password"},
	"me.password.text":   {"修改后，您在其他浏览器上的登录会结束。", "Afterwards you are signed out in other browsers."},
	"me.submit":          {"修改密码", "Change password"},
	"me.changed":         {"密码已修改。", "Your password is changed."},
	"me.language":        {"界面语言", "Language"},
	"me.may":             {"您可以做的事", "What you may do"},
	"problem.sign-in":    {"登录名或密码不对，请再试一次。", "The name or the password is wrong. Try again."},
	"problem.current":    {"现在的密码不对，请再试一次。", "The current password is wrong. Try again."},
	"problem.throttled":  {"试得太多了，请在 %d 秒后再试。", "Too many tries. Try again in %d seconds."},
	"problem.setup":      {"设置链接不对，或已经用过、过期。请重新启动 sealdesk serve，使用新的链接。", "The set-up link is wrong, used or too old. Restart sealdesk serve and use the new link."},
	"problem.setup-done": {"已经有管理员账号，不需要再设置。请直接登录。", "There is an administrator already. Sign in instead."},
	"problem.name":       {"登录名只能用文字、数字和 . _ -，以文字或数字开头，最多 64 个字符。", "A sign-in name has letters, digits and . _ -, begins with a letter or digit, and has at most 64 characters."},
	"problem.display":    {"姓名不能含控制字符，最多 100 个字符。", "A name has no control characters, and at most 100 characters."},
	"problem.taken":      {"这个登录名已经有人用了，请换一个。", "Somebody has this sign-in name. Choose another."},
	"problem.short":      {"密码太短，至少要有 10 个字符。", "The password is too short. It needs at least 10 characters."},
	"problem.long":       {"密码太长，最多 1024 个字节。", "The password is too long. It may have 1024 bytes."},
	"problem.chars":      {"密码含有控制字符等不能输入的字符。", "The password has characters that cannot be typed."},
	"problem.like-name":  {"密码与登录名或姓名太接近，请换一个。", "The password is too much like your name. Choose another."},
	"problem.common":     {"这个密码太常见，容易被猜中，请换一个。", "Many people use this password, and it is guessed first. Choose another."},
	"problem.repeat":     {"两次输入的新密码不一样。", "The two new passwords differ."},

	"help.title":    {"帮助", "Help"},
	"help.roles":    {"谁可以做什么", "Who may do what"},
	"help.yours":    {"（您）", " (you)"},
	"help.right":    {"权限", "Right"},
	"help.yes":      {"可以", "yes"},
	"help.no":       {"不可以", "no"},
	"help.keys":     {"键盘", "Keys"},
	"help.key":      {"按键", "Key"},
	"help.does":     {"作用", "What it does"},
	"help.verdicts": {"结论的标记", "Signs of the verdict"},
	"help.sign":     {"标记", "Sign"},
	"help.means":    {"含义", "Meaning"},

	"key.help":   {"打开帮助", "Open this help"},
	"key.search": {"到检索框", "Go to the search box"},
	"key.escape": {"关闭菜单或提示", "Close a menu or a notice"},

	"verdict.complete":         {"齐全", "Complete"},
	"verdict.incomplete":       {"不齐全", "Incomplete"},
	"verdict.review":           {"待复核", "Needs review"},
	"verdict.complete.means":   {"要求的材料都在，各项检查都通过。", "All that is required is there, and every check passes."},
	"verdict.incomplete.means": {"至少缺一样要求的材料，或有一项检查不通过。", "Something required is missing, or a check fails."},
	"verdict.review.means":     {"有机器拿不准的地方，要由人来看。", "The machine is in doubt, and a person has to look."},

	"role.clerk":             {"受理员", "Clerk"},
	"role.reviewer":          {"审核员", "Reviewer"},
	"role.staff":             {"统计员", "Staff"},
	"role.admin":             {"管理员", "Administrator"},
	"right.intake":           {"接收材料、看受理台、打印回执", "Take bundles in, see the board, print receipts"},
	"right.arrange":          {"整理页面：合并、拆分、移动、旋转、去掉", "Arrange pages: join, split, move, turn, drop"},
	"right.search":           {"检索申报", "Search applications"},
	"right.view":             {"打开申报和页面图像", "Open applications and their pages"},
	"right.correct":          {"更正字段", "Correct fields"},
	"right.see-personal":     {"查看电话、邮箱等联系方式", "See phones, e-mails and addresses"},
	"right.reports":          {"制作和下载报表", "Draw up and download reports"},
	"right.calls":            {"查看申报通知的要求", "See the calls and what they ask for"},
	"right.edit-calls":       {"新建一年的申报通知", "Make a new year's call"},
	"right.accounts":         {"管理账号", "Administer accounts"},
	"right.audit":            {"查看审计记录", "Read the audit trail"},
	"right.monitor":          {"查看运行指标", "Read the figures of how the program runs"},
	"error.request":          {"请求编号：%s", "Request number: %s"},
	"error.home":             {"回到首页", "Go to the first page"},
	"error.400.title":        {"看不懂这个请求", "The request makes no sense"},
	"error.400.do":           {"请回到上一页，刷新后再试一次。", "Go back, reload the page and try again."},
	"error.401.title":        {"需要登录", "You are not signed in"},
	"error.401.do":           {"登录已结束，请重新登录。", "Your session is over. Sign in again."},
	"error.403.title":        {"您没有权限", "This is not open to you"},
	"error.403.do":           {"您的角色不能看这一页。工作需要时，请管理员调整角色。", "Your role may not see this page. If your work needs it, ask an administrator."},
	"error.origin.title":     {"请求来自别的网站", "The request comes from another site"},
	"error.origin.do":        {"为了安全没有执行。请直接打开本系统的页面再操作。", "It was not carried out, for safety. Open the desk itself and do it there."},
	"error.404.title":        {"没有这一页", "There is no such page"},
	"error.404.do":           {"请检查地址，或从导航里重新进入。", "Check the address, or find the page from the navigation."},
	"error.number.title":     {"这份材料没有回执", "There is no receipt for this"},
	"error.number.do":        {"它不是在受理台接收的，没有回执编号。要回执时，请在受理台再接收一次，同样的文件不会重复处理。", "It did not come over the desk and has no receipt number. To get one, bring it once more at the desk; the same file is not read twice."},
	"error.searchable.title": {"这份材料做不成可检索的 PDF", "This bundle cannot be made a searchable PDF"},
	"error.searchable.do":    {"它的原件不合规范或者太大。请用 PDF 软件另存一次，或分成几份，再重新上传；各页仍可在这里查看。", "Its original breaks the rules of PDF, or is too large. Save it anew with a PDF program, or in parts, and upload it again. Its pages can be seen here all the same."},
	"error.405.title":        {"不能这样打开这个地址", "The address cannot be used in this way"},
	"error.405.do":           {"请从导航里重新进入。", "Find the page from the navigation."},
	"error.413.title":        {"发送的内容太大", "What was sent is too large"},
	"error.413.do":           {"请分成几份，或减小文件后再发送。", "Send it in several parts, or make the file smaller."},
	"error.500.title":        {"系统出错了", "Something went wrong here"},
	"error.500.do":           {"您的操作可能没有完成。请再试一次；仍然不行时，把请求编号告诉管理员。", "What you did may not be done. Try again; if it fails again, tell an administrator the request number."},
	"error.503.title":        {"系统太忙", "The desk is too busy"},
	"error.503.do":           {"这次没有及时做完。请稍等再试一次。", "It took too long this time. Wait a moment and try again."},
	"error.507.title":        {"存储空间满了", "The storage is full"},
	"error.507.do":           {"没有保存。请管理员腾出空间后再试。", "Nothing was saved. Ask an administrator to make room, then try again."},
}
