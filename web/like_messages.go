package web

// likeMessages are the texts of what is like the texts of an application.
var likeMessages = map[string]text{
	"like.title":   {"相似的文字", "Texts much like these"},
	"like.short":   {"相似文字", "Like texts"},
	"like.says":    {"下面的文字与别的申报很像。是否雷同，由您判断；系统不下结论。", "These texts are much like those of other applications. Whether that means anything is for you to judge; the program does not."},
	"like.percent": {"相似 %d%%", "%d%% alike"},
	"like.own":     {"（同一单位）", "(same unit)"},
	"like.none":    {"没有发现与别的申报很像的文字。", "No text much like another application's was found."},
	"like.back":    {"回到申报", "Back to the application"},
	"like.list":    {"相似的文字", "Texts much like these"},
	"like.pair":    {"两份文字对照", "Two texts side by side"},
	"like.marked":  {"两边都有的部分已标出，次序可以不同。", "What both have is marked, in whatever order."},
	"like.open":    {"打开申报", "Open"},
}
