package browser

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var namedKeys = map[string]string{
	"Enter": kb.Enter, "Escape": kb.Escape, "Tab": kb.Tab,
	"ArrowDown": kb.ArrowDown, "ArrowUp": kb.ArrowUp, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
}

// sound holds the page in a window against what holds for all of them: the browser has
// nothing to complain of, and axe-core finds nothing serious.
func (p *person) sound() {
	p.t.Helper()
	p.until("settled", settled)
	p.accessible()
	p.faultless()
}

// settled is that a page is there whole, and nothing on it is under way.
const settled = `document.readyState === "complete"
	&& !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, [aria-busy=true]")
	&& document.getAnimations().every((a) => a.playState !== "running" || a.effect.getComputedTiming().iterations === Infinity)`

// faultless ends the test if the browser complained of anything.
func (p *person) faultless() {
	p.t.Helper()
	p.mu.Lock()
	faults := p.faults
	p.faults = nil
	p.mu.Unlock()
	if len(faults) > 0 {
		p.t.Fatalf("the browser complains of:\n%s", strings.Join(faults, "\n"))
	}
}

// checked are the pages that axe-core has seen: it takes its time, and says of the same
// page the same again.
var checked = map[[sha256.Size]byte]bool{}

// violation is what axe-core finds.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// axeRun runs axe-core with all its rules, of which those about labels and contrast are
// two, and gives what is serious, and where.
const axeRun = `axe.run(document, { resultTypes: ["violations"], preload: false }).then((r) => r.violations
	.filter((v) => v.impact === "serious" || v.impact === "critical")
	.map((v) => ({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map((n) => n.html + " — " + n.failureSummary) })))`

// accessible ends the test if axe-core finds something serious on the page.
func (p *person) accessible() {
	p.t.Helper()
	html := ask[string](p, `innerWidth + location.pathname + document.documentElement.outerHTML`)
	sum := sha256.Sum256([]byte(html))
	if checked[sum] {
		return
	}
	world := p.world()
	if !ask[bool](p, `typeof axe !== "undefined"`, world) {
		ask[int](p, axeScript+"\n;0", world)
	}
	if found := ask[[]violation](p, axeRun, world, chromedp.EvalAwaitPromise); len(found) > 0 {
		var b strings.Builder
		for _, v := range found {
			fmt.Fprintf(&b, "%s (%s): %s\n  %s\n", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n  "))
		}
		p.stuck("axe-core finds:\n%s", b.String())
	}
	checked[sum] = true
}

// world is a world of its own on the page: what runs there, the page's scripts and policy
// do not see.
func (p *person) world() chromedp.EvaluateOption {
	p.t.Helper()
	var world runtime.ExecutionContextID
	p.do("make a world for axe-core", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		tree, err := cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		made, err := cdp.Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
		world = made.ExecutionContextID
		return err
	}))
	return func(e *runtime.EvaluateParams) { e.ContextID = world }
}
