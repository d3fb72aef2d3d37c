package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// artifacts is where the screenshots go; git ignores it.
const artifacts = "artifacts"

func TestPageFitsTheScreen(t *testing.T) {
	if err := os.MkdirAll(artifacts, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	b := newBrowser(t)
	sizes := []struct {
		name          string
		width, height int64
		options       []chromedp.EmulateViewportOption
		scheme        string
	}{
		{"desktop", 1280, 800, nil, "light"},
		{"desktop-dark", 1280, 800, nil, "dark"},
		{
			"phone", 390, 844,
			[]chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)},
			"light",
		},
		{
			"phone-dark", 390, 844,
			[]chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)},
			"dark",
		},
		{
			"small-phone", 320, 568,
			[]chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)},
			"light",
		},
	}
	look := func(page string) {
		for _, size := range sizes {
			b.do(t, chromedp.EmulateViewport(size.width, size.height, size.options...))
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{
				Name:  "prefers-color-scheme",
				Value: size.scheme,
			}}}
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			checkWidth(t, b, page+" on a "+size.name, size.width)
			shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(artifacts, page+"-"+size.name+".png"), shot, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}

	b.open(t, s.url)
	look("signed-out")

	b.signIn(t)
	for _, activity := range []sessionstest.Activity{
		{BrowserName: "Firefox", DeviceType: "Macintosh", City: "Lisbon"},
		{
			BrowserName: "Samsung Internet Browser for Android", DeviceType: "SM-S928B/DS",
			City: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
		},
	} {
		s.clerk.AddSession(sessionstest.Session{UserID: ada, LatestActivity: &activity})
	}
	b.reload(t)
	look("signed-in")

	s.clerk.Advance(expired)
	b.press(t, "#end-others")
	look("press-again")

	s.clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable})
	b.open(t, s.url)
	look("no-list")

	s.clerk.Advance(expired)
	s.clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable})
	b.reload(t)
	look("unavailable")
}

// checkWidth checks that nothing on the page is wider than the screen, and that what is to be pressed is large enough
// for a finger.
func checkWidth(t *testing.T, b *tab, page string, width int64) {
	t.Helper()
	got := run[struct {
		Inner   int64    `json:"inner"`
		Scroll  int64    `json:"scroll"`
		Outside []string `json:"outside"`
		Small   []string `json:"small"`
	}](t, b, `(() => {
		const boxes = [...document.body.querySelectorAll("*")].map((e) => [e, e.getBoundingClientRect()]);
		return {
			inner: innerWidth,
			scroll: document.documentElement.scrollWidth,
			outside: boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth + 0.5)
				.map(([e]) => e.outerHTML.slice(0, 200)),
			small: boxes.filter(([e, box]) => e.matches("button, a.button") && (box.height < 44 || box.width < 44))
				.map(([e]) => e.outerHTML),
		};
	})()`)
	if got.Inner != width { // a phone zooms out over what does not fit
		t.Errorf("%s: the window is %d wide, want %d", page, got.Inner, width)
	}
	if got.Scroll > width {
		t.Errorf("%s: the page is %d wide, the screen %d", page, got.Scroll, width)
	}
	for _, element := range got.Outside {
		t.Errorf("%s: outside of the screen: %s", page, element)
	}
	for _, button := range got.Small {
		t.Errorf("%s: too small for a finger: %s", page, button)
	}
}
