package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"

	"golang.org/x/text/language"

	"sealdesk/account"
	"sealdesk/desk"
	"sealdesk/storage"
)

// problem is an error as a program is told of it (RFC 9457). It says nothing that is not
// in the table of kinds or known to who asks.
type problem struct {
	kind   string         // one of kinds
	detail *text          // what is wrong in this case, nil for what the kind says
	more   map[string]any // members of its own
	header http.Header    // of the response
}

// Error implements error.
func (p problem) Error() string { return p.kind }

// wrong is a problem of a kind without more to say.
func wrong(kind string) problem { return problem{kind: kind} }

// text is a sentence in both languages.
type text struct{ zh, en string }

func (t text) in(lang string) string {
	if lang == english {
		return t.en
	}
	return t.zh
}

// kind is what all problems of a kind have in common.
type kind struct {
	status        int
	title, detail text
}

// problemType is what the type of a problem begins with; its kind follows.
const problemType = "urn:sealdesk:problem:"

var kinds = map[string]kind{
	"request":          {400, text{"请求有误", "Bad request"}, text{"看不懂这个请求，请对照接口文档检查。", "The request makes no sense. Check it against the API's document."}},
	"parameter":        {400, text{"参数有误", "Bad parameter"}, text{"参数不对，请按 errors 里的说明改正。", "Parameters are wrong: see errors for what to change."}},
	"no-token":         {401, text{"需要令牌", "No token"}, text{"请在 Authorization 里用 Bearer 方式给出令牌；令牌在“我的令牌”页生成。", "Send a token as Authorization: Bearer. Tokens are made on the page “My tokens”."}},
	"bad-token":        {401, text{"令牌无效", "Bad token"}, text{"没有这个令牌，请检查是否抄写完整。", "There is no such token. Check that it was copied whole."}},
	"expired-token":    {401, text{"令牌已过期", "Token expired"}, text{"请生成新的令牌。", "Make a new token."}},
	"revoked-token":    {401, text{"令牌已撤销", "Token revoked"}, text{"请生成新的令牌。", "Make a new token."}},
	"disabled-account": {401, text{"账号已停用", "Account disabled"}, text{"令牌所属的账号已停用，请联系管理员。", "The token's account is, or was, disabled. Ask an administrator."}},
	"forbidden":        {403, text{"没有权限", "Not allowed"}, text{"令牌或账号的角色没有需要的权限。", "The token or its account's role lacks the right that this needs."}},
	"personal":         {403, text{"不能查看联系方式", "Personal data"}, text{"令牌没有查看联系方式的权限。", "The token lacks the right to see personal data."}},
	"not-found":        {404, text{"没有找到", "Not found"}, text{"没有这个地址，或没有这份材料、申报或页面，请检查地址。", "There is no such address, bundle, application or page. Check the address."}},
	"unread":           {404, text{"还没有结果", "No result yet"}, text{"这份材料还没有读完，请稍后再取结果，或先看它的状态。", "The bundle has not been read yet. Ask for its state, and for the result later."}},
	"method":           {405, text{"方法不对", "Wrong method"}, text{"这个地址不能用这种方法，请用 Allow 里列出的。", "The address does not take this method. Use one of those in Allow."}},
	"state":            {409, text{"现在不能这样做", "Not in this state"}, text{"这份材料现在的状态不能这样做，请先看它的状态。", "The bundle cannot do that in the state it is in. Ask for its state."}},
	"conflict":         {409, text{"已有别人更正过", "Corrected meanwhile"}, text{"base 之后这一处已被更正过（见 theirs）。请看过新的内容再决定。", "This was corrected after base (see theirs). Look at what holds now, then decide."}},
	"too-large":        {413, text{"内容太大", "Too large"}, text{"发送的内容太大，请分成几份。", "What was sent is too large. Send it in parts."}},
	"media":            {415, text{"内容类型不对", "Wrong content type"}, text{"请按接口文档设置 Content-Type。", "Set Content-Type as the API's document says."}},
	"correction":       {422, text{"不能这样更正", "Cannot be corrected so"}, text{"没有这一处，或它不能有这个值。", "There is no such target, or it cannot have this value."}},
	"refused":          {422, text{"没有接收", "Nothing was taken"}, text{"没有一个文件能接收，原因见 bundles。", "No file could be taken. See bundles for why."}},
	"no-files":         {422, text{"没有文件", "No files"}, text{"请用 files 字段发送至少一个文件。", "Send at least one file, in the form's field files."}},
	"no-base":          {428, text{"缺少 base", "No base"}, text{"请给出所依据的版本 base，以免覆盖别人的更正。", "Say in base which version this is based on, so that nobody's correction is overwritten."}},
	"throttled":        {429, text{"试得太多", "Too many tries"}, text{"无效的令牌试得太多了，请按 Retry-After 等待。", "Too many wrong tokens came from your address. Wait as long as Retry-After says."}},
	"internal":         {500, text{"系统出错", "Internal error"}, text{"请再试一次；仍然不行时，把 instance 告诉管理员。", "Try again. If it fails again, tell an administrator the instance."}},
	"slow":             {503, text{"系统太忙", "Too busy"}, text{"这次没有及时做完，请稍后再试。", "It took too long this time. Try again later."}},
	"full":             {507, text{"存储空间满了", "Storage full"}, text{"没有保存。请管理员腾出空间后再试。", "Nothing was saved. Ask an administrator to make room, then try again."}},
}

// problemOf says which problem an error is.
func problemOf(err error) problem {
	var p problem
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &long):
		return wrong("too-large")
	case errors.Is(err, desk.ErrUnknown), errors.Is(err, storage.ErrNotExist):
		return wrong("not-found")
	case errors.Is(err, desk.ErrUnread):
		return wrong("unread")
	case errors.Is(err, desk.ErrBusy):
		return wrong("state")
	case errors.Is(err, desk.ErrTarget):
		return wrong("correction")
	case errors.Is(err, account.ErrTokenExpired):
		return wrong("expired-token")
	case errors.Is(err, account.ErrTokenRevoked):
		return wrong("revoked-token")
	case errors.Is(err, account.ErrTokenUser):
		return wrong("disabled-account")
	case errors.Is(err, account.ErrToken):
		return wrong("bad-token")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return wrong("slow")
	case errors.Is(err, storage.ErrFull):
		return wrong("full")
	}
	return wrong("internal")
}

// fail answers a request that went wrong. The error itself goes to the log alone.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	if errors.Is(r.Context().Err(), context.Canceled) {
		return // nobody waits for the answer
	}
	p := problemOf(err)
	k, ok := kinds[p.kind]
	if !ok {
		p, k = wrong("internal"), kinds["internal"]
	}
	if k.status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request failed", "id", v.id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if v.answer.Status != 0 {
		return // too late for another answer
	}
	detail := k.detail
	if p.detail != nil {
		detail = *p.detail
	}
	body := map[string]any{}
	maps.Copy(body, p.more)
	body["type"], body["status"] = problemType+p.kind, k.status
	body["title"], body["detail"] = k.title.in(v.lang), detail.in(v.lang)
	body["instance"] = "urn:sealdesk:request:" + v.id
	b, err := json.Marshal(body)
	if err != nil {
		b = []byte("{}")
	}
	h := w.Header()
	maps.Copy(h, p.header)
	if k.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(p.kind))
	}
	for _, name := range []string{"ETag", "Content-Disposition"} { // of what was to be sent
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", v.lang)
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(k.status)
	// Who does not hear the answer any more needs none.
	_, _ = w.Write(append(b, '\n'))
}

// challenge says how to come in (RFC 6750).
func challenge(kind string) string {
	if kind == "no-token" {
		return `Bearer realm="sealdesk"`
	}
	return `Bearer realm="sealdesk", error="invalid_token"`
}

// The languages of sentences, as headers name them; the first is the default.
const (
	chinese = "zh-CN"
	english = "en"
)

var languages = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})

// languageOf is the one that a request asks for.
func languageOf(r *http.Request) string {
	asked, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return chinese
	}
	if _, at, _ := languages.Match(asked...); at == 1 {
		return english
	}
	return chinese
}
