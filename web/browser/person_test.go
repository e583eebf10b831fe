package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sealdesk/account"
)

// person is somebody at a browser window of their own, with cookies of their own.
type person struct {
	t      *testing.T
	office *office
	ctx    context.Context

	mu      sync.Mutex
	faults  []string // what the browser complains of
	refused []int64  // the error statuses with which pages may be answered
	status  int64    // of the newest page
	cut     bool     // whether the desk may be away
}

// size is that of a window.
type size struct{ width, height int64 }

var (
	laptop  = size{1280, 800}
	desktop = size{1920, 1080}
)

// visitor is somebody at the desk who has not signed in.
func (o *office) visitor() *person {
	o.t.Helper()
	p := &person{t: o.t, office: o}
	ctx, closed := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // without a deadline, which would be the window's
		o.t.Fatalf("open a window: %v", err)
	}
	p.do("listen to the window", command(audits.Enable, cdp.Empty{}))
	p.resize(laptop)
	o.t.Cleanup(func() {
		if !o.t.Failed() {
			p.faultless()
		}
		closed()
	})
	return p
}

// in is somebody with a role who has signed in.
func (o *office) in(role account.Role) *person {
	o.t.Helper()
	p := o.visitor()
	p.open("/sign-in")
	p.fill("#name", string(role))
	p.fill("#password", password)
	p.press("Enter")
	p.until("signed in", `location.pathname !== "/sign-in" && document.querySelector(".menu .who")`)
	return p
}

// hear takes down what the browser complains of: errors on the console, exceptions, what
// the policy of the page forbids, and what does not load.
func (p *person) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := func(format string, args ...any) { p.faults = append(p.faults, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, arg := range e.Args {
				said = append(said, string(arg.Value)+arg.Description)
			}
			if p.cut && strings.Join(said, " ") == `"[object Event]"` {
				return // htmx logs that the stream of events broke off
			}
			fault("console.%s: %s", e.Type, strings.Join(said, " "))
		}
	case *runtime.EventExceptionThrown:
		fault("exception: %v", e.ExceptionDetails)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			p.status = e.Response.Status
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		// Chromium logs each page that was refused.
		if e.Entry.Source == log.EntrySourceNetwork && slices.ContainsFunc(p.refused, func(status int64) bool {
			return strings.Contains(e.Entry.Text, fmt.Sprintf("status of %d ", status))
		}) {
			return
		}
		if p.cut && e.Entry.Source == log.EntrySourceNetwork && strings.Contains(e.Entry.Text, "net::ERR_") {
			return
		}
		fault("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			fault("policy: %s forbids %s", d.ViolatedDirective, d.BlockedURL)
		}
	case *page.EventJavascriptDialogOpening:
		fault("dialog: %s", e.Message)
	}
}

// step is something that the browser does and that gives no value.
type step = chromedp.Action[chromedp.Void]

// command is a command of the protocol, whose result nobody needs.
func command[P, R any](c cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// do does something with the browser, which has to go well.
func (p *person) do(what string, steps ...step) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.stuck("%s: %v", what, err)
	}
}

// asked is what an expression in JavaScript comes to in a window.
func asked[T any](p *person, expression string, options ...chromedp.EvaluateOption) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
}

// ask is asked where it has to go well.
func ask[T any](p *person, expression string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	v, err := asked[T](p, expression, options...)
	if err != nil {
		p.stuck("ask for %.200s: %v", expression, err)
	}
	return v
}

// stuck ends the test with what the window shows.
func (p *person) stuck(format string, args ...any) {
	p.t.Helper()
	seen, err := asked[string](p, `location.href + "\n" + document.body.innerText.slice(0, 4000)`)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("%s\nThe window (%v) is at %s\nThe browser complains of %q", fmt.Sprintf(format, args...), err, seen, p.faults)
}

// open goes to a page of the desk, which has to be there and without faults.
func (p *person) open(path string) {
	p.t.Helper()
	p.do("open "+path, chromedp.Navigate(p.office.url+path))
	p.mu.Lock()
	status := p.status
	expected := status == 200 || slices.Contains(p.refused, status)
	p.mu.Unlock()
	if !expected {
		p.stuck("%s answers %d", path, status)
	}
	p.sound()
}

// refuses lets f do something that a page with an error status answers.
func (p *person) refuses(status int64, f func()) {
	p.t.Helper()
	p.mayRefuse(status)
	f()
	if got := p.answered(); got != status {
		p.stuck("the answer is %d, not %d", got, status)
	}
	p.mayRefuse()
}

// mayRefuse says with which error statuses pages may be answered from now on.
func (p *person) mayRefuse(statuses ...int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = statuses
}

// mayLose says whether the desk may be away from now on.
func (p *person) mayLose(may bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = may
}

// answered is the status of the newest page.
func (p *person) answered() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// until waits for a condition in JavaScript.
func (p *person) until(what, condition string) {
	p.t.Helper()
	p.within(patience, what, condition)
}

// within is until with another patience.
func (p *person) within(limit time.Duration, what, condition string) {
	p.t.Helper()
	late := time.After(limit)
	for look := time.Tick(tick); ; {
		// While one page gives way to the next there is nothing to ask.
		ok, err := asked[bool](p, "Boolean("+condition+")")
		if err == nil && ok {
			return
		}
		select {
		case <-late:
			p.stuck("not %s: %s (%v)", what, condition, err)
		case <-p.ctx.Done():
			p.stuck("the window is gone: %v", p.ctx.Err())
		case <-look:
		}
	}
}

// sees waits until the page shows texts, and holds it against its rules.
func (p *person) sees(texts ...string) {
	p.t.Helper()
	p.until(fmt.Sprintf("seen: %q", texts), quoted(texts)+`.every((s) => (`+shownText+`).includes(s))`)
	p.sound()
}

// misses says that the page, as it is now, shows none of some texts.
func (p *person) misses(texts ...string) {
	p.t.Helper()
	if shown := ask[[]string](p, quoted(texts)+`.filter((s) => (`+shownText+`).includes(s))`); len(shown) > 0 {
		p.stuck("the page shows %q", shown)
	}
}

// shownText is what a page shows, with single blanks.
const shownText = `document.body.innerText.replace(/\s+/g, " ")`

// quoted is a value as JavaScript.
func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of strings there is none
	}
	return string(b)
}

// texts are what all elements show that a selector finds.
func (p *person) texts(selector string) []string {
	p.t.Helper()
	return ask[[]string](p, `[...document.querySelectorAll(`+quoted(selector)+`)].map((el) => el.innerText.trim())`)
}

// click clicks on the first element that a selector finds, when it is there.
func (p *person) click(selector string) {
	p.t.Helper()
	p.until("there", `document.querySelector(`+quoted(selector)+`)`)
	p.do("click on "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// fill puts a text into a box of a form, in place of what is there.
func (p *person) fill(selector, text string) {
	p.t.Helper()
	p.until("there", `document.querySelector(`+quoted(selector)+`)`)
	ask[bool](p, `((el) => { el.focus(); el.select(); return true; })(document.querySelector(`+quoted(selector)+`))`)
	p.types(text)
}

// types types a text, as an input method does, to wherever the focus is.
func (p *person) types(text string) {
	p.t.Helper()
	p.do("type", command(input.InsertText, input.InsertTextParams{Text: text}))
}

// press presses keys, one after another: characters, or names as in KeyboardEvent.key,
// with Ctrl+ or Shift+ before.
func (p *person) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		name, ctrl := strings.CutPrefix(key, "Ctrl+")
		name, shift := strings.CutPrefix(name, "Shift+")
		var with []chromedp.KeyOption
		if ctrl {
			with = append(with, chromedp.KeyModifiers(chromedp.ModifierCtrl))
		}
		if shift {
			with = append(with, chromedp.KeyModifiers(chromedp.ModifierShift))
		}
		if code, ok := namedKeys[name]; ok {
			name = code
		}
		p.do("press "+key, chromedp.KeyEvent(name, with...))
	}
}

// upload chooses files in the intake.
func (p *person) upload(paths ...string) {
	p.t.Helper()
	p.do("choose files", chromedp.SetUploadFiles(chromedp.CSS("#files"), paths))
}

// resize gives the window another size.
func (p *person) resize(s size) {
	p.t.Helper()
	p.do("resize", chromedp.EmulateViewport(s.width, s.height))
}

// follow goes where a link leads, by keys.
func (p *person) follow(selector string) {
	p.t.Helper()
	p.until("there", `document.querySelector(`+quoted(selector)+`)`)
	ask[bool](p, `(document.querySelector(`+quoted(selector)+`).focus(), true)`)
	p.press("Enter")
}

// media shows the page as it is for a medium, "" for the screen.
func (p *person) media(medium string) {
	p.t.Helper()
	p.do("look at "+medium, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium}))
}
