package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"sealdesk/pipeline/queue/queuetest"
)

var update = flag.Bool("update", false, "write the screenshots in docs anew")

// What all tests share: a folder, the program, the script of axe-core and a browser.
var (
	shared    string
	program   string
	axeScript string
	chromium  context.Context
)

func TestMain(m *testing.M) {
	queuetest.Main()
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	failed := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var err error
	if shared, err = os.MkdirTemp("", "sealdesk-browser-"); err != nil {
		return failed(err)
	}
	defer func() {
		if err := os.RemoveAll(shared); err != nil {
			code = failed(err)
		}
	}()
	if axeScript, err = readAxe(); err != nil {
		return failed(err)
	}
	program = filepath.Join(shared, "sealdesk")
	if out, err := exec.Command("go", "build", "-o", program, "sealdesk/cmd/sealdesk").CombinedOutput(); err != nil {
		return failed(fmt.Errorf("build the program: %w\n%s", err, out))
	}
	end, err := startChromium()
	if err != nil {
		return failed(err)
	}
	defer end()
	return m.Run()
}

// startChromium starts the browser in which each person has cookies of their own. It
// reaches this machine and nothing else.
func startChromium() (end func(), err error) {
	path, err := chromiumPath()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(shared, "chromium")),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		// Pictures of pages are the same on every screen.
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.WSURLReadTimeout(patience),
	}
	allocator, freed := chromedp.NewExecAllocator(context.Background(), options...)
	browser, closed := chromedp.NewContext(allocator)
	end = func() {
		_ = chromedp.Cancel(browser) // waits for its end
		closed()
		freed()
	}
	if err := chromedp.Do(browser); err != nil {
		end()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	chromium = browser
	return end, nil
}

// chromiumPath finds Chromium, or what SEALDESK_TEST_CHROMIUM names.
func chromiumPath() (string, error) {
	if path := os.Getenv("SEALDESK_TEST_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium; install it with: scripts/install test")
}
