package browser

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// patience is how long a test may take, the start of its browser included.
const patience = time.Minute

// options are the switches of a browser that talks to nobody but loopback, and keeps nothing.
var options = append(slices.Clip(chromedp.DefaultExecAllocatorOptions[:]),
	chromedp.NoSandbox, // CI runs as root
	chromedp.DisableGPU,
	chromedp.Flag("disable-quic", true),
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("no-proxy-server", true),
	chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)

// A tab is one of a browser's. The context that it is in ends with the test, or when that has taken too long.
type tab struct{ ctx context.Context }

// newBrowser starts a browser with a fresh profile, and returns its first tab.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	path := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	if _, err := exec.LookPath(path); err != nil {
		t.Fatalf("there is no Chromium: %v\n"+
			"Install it by: apt-get update && apt-get install -y --no-install-recommends chromium\n"+
			"or name one: CHROMIUM=/path/to/chromium make test-browser", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		append(append(options[:len(options):len(options)], chromedp.ExecPath(path)), more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// politely, so that none of its processes outlives the test and writes into the profile once more
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("the browser did not end as it should: %v", err)
		}
	})
	b := &tab{ctx}
	b.do(t)
	return b
}

// newTab opens another tab of the same browser, with the same cookies.
func (b *tab) newTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	other := &tab{ctx}
	other.do(t)
	return other
}

// do does what there is to do in the tab.
func (b *tab) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// open shows a page.
func (b *tab) open(t *testing.T, url string) screen {
	t.Helper()
	b.do(t, chromedp.Navigate(url))
	return b.screen(t)
}

func (b *tab) reload(t *testing.T) screen {
	t.Helper()
	b.do(t, chromedp.Reload())
	return b.screen(t)
}

// press clicks on a button, and returns the page that it leads to.
func (b *tab) press(t *testing.T, button string) screen {
	t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(button))); err != nil {
		t.Fatalf("%s: %v", button, err)
	}
	return b.screen(t)
}

// signIn signs in as Ada on Clerk's page, and returns the page that this leads to.
func (b *tab) signIn(t *testing.T) screen {
	t.Helper()
	b.forgetRedirects(t)
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("#sign-in"))); err != nil {
		t.Fatal(err)
	}
	return b.press(t, `button[value="`+ada+`"]`)
}

// forgetRedirects makes the browser forget how often it was redirected of late, as it does within ten seconds.
func (b *tab) forgetRedirects(t *testing.T) {
	t.Helper()
	for _, cookie := range b.cookies(t) {
		if cookie.Name == "__clerk_redirect_count" {
			params := network.DeleteCookiesParams{Name: cookie.Name, Domain: cookie.Domain}
			if _, err := chromedp.Call(b.ctx, network.DeleteCookies, params); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// run evaluates a script in the tab, and waits for what it promises.
func run[T any](t *testing.T, b *tab, script string) T {
	t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// cookies returns all that the browser keeps.
func (b *tab) cookies(t *testing.T) []*network.Cookie {
	t.Helper()
	got, err := chromedp.CallBrowser(b.ctx, storage.GetCookies,
		storage.GetCookiesParams{BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	if err != nil {
		t.Fatal(err)
	}
	return got.Cookies
}

// screen is what the page says.
type screen struct {
	Heading   string   `json:"heading"`
	Status    string   `json:"status"`
	Reason    string   `json:"reason"`
	Remaining string   `json:"remaining"`
	Note      string   `json:"note"`
	Sessions  []string `json:"sessions"` // by their ids
	Own       string   `json:"own"`      // the one that is marked as the visitor's
}

func (b *tab) screen(t *testing.T) screen {
	t.Helper()
	return run[screen](t, b, `(() => {
		const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? "";
		const rows = [...document.querySelectorAll("#sessions li")].map((li) => li.textContent);
		const id = (row) => row?.match(/sess_\w+/)?.[0] ?? "";
		return {
			heading: text("h1"), status: text("#status"), reason: text("#reason"),
			remaining: text("#remaining"), note: text(".note"),
			sessions: rows.map(id).filter((id) => id), own: id(rows.find((row) => row.includes("This session"))),
		};
	})()`)
}
