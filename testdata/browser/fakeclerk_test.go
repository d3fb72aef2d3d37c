package browser

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// fakeclerk is a running fakeclerk.
type fakeclerk struct{ url, key, session string }

// startFakeclerk builds fakeclerk and starts it on a free port.
func startFakeclerk(t *testing.T) fakeclerk {
	t.Helper()
	program := filepath.Join(t.TempDir(), "fakeclerk")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./sessions/sessionstest/fakeclerk")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program, "-addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("fakeclerk ended with %v", err)
		}
	})
	env := map[string]string{}
	lines := bufio.NewScanner(stdout)
	for env["CLERK_REFRESH_TOKEN"] == "" && lines.Scan() {
		if m := regexp.MustCompile(`^export (\w+)='([^']*)'$`).FindStringSubmatch(lines.Text()); m != nil {
			env[m[1]] = m[2]
		}
	}
	return fakeclerk{env["CLERK_FAKE_URL"], env["CLERK_SECRET_KEY"], env["CLERK_SESSION_ID"]}
}

// call sends a request to the fake, with the key, and returns the status, 0 for a connection that is cut.
func (f fakeclerk) call(t *testing.T, method, path, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// waitFor waits until the page has an element that a CSS selector and a text describe.
func (b *tab) waitFor(t *testing.T, selector, text string) {
	t.Helper()
	deadline := time.Now().Add(patience / 4)
	for time.Now().Before(deadline) {
		if strings.Contains(b.text(t, selector), text) {
			return
		}
	}
	t.Fatalf("%s does not say %q but: %s", selector, text, b.text(t, selector))
}

func (b *tab) text(t *testing.T, selector string) string {
	t.Helper()
	return run[string](t, b, `document.querySelector('`+selector+`')?.textContent.replace(/\s+/g, ' ').trim() ?? ''`)
}

// tap presses a button that leads to no other page.
func (b *tab) tap(t *testing.T, selector string) {
	t.Helper()
	b.do(t, chromedp.Click(chromedp.CSS(selector)))
}

// click presses a button of the page that a CSS selector names, and waits for the page that it leads to.
func (b *tab) click(t *testing.T, selector string) {
	t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		t.Fatalf("%s: %v", selector, err)
	}
}

// shoot takes screenshots of the page, on a desktop and on a phone, light and dark, and checks that it fits.
func (b *tab) shoot(t *testing.T, page string) {
	t.Helper()
	if err := os.MkdirAll(artifacts, 0o755); err != nil {
		t.Fatal(err)
	}
	phone := []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)}
	for _, size := range []struct {
		name          string
		width, height int64
		options       []chromedp.EmulateViewportOption
	}{{"desktop", 1280, 800, nil}, {"phone", 390, 844, phone}, {"small-phone", 320, 568, phone}} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(t, chromedp.EmulateViewport(size.width, size.height, size.options...))
			media := emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			}
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			checkWidth(t, b, page+" on a "+size.name, size.width)
			shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(artifacts, page+"-"+size.name+"-"+scheme+".png")
			if err := os.WriteFile(file, shot, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.do(t, chromedp.EmulateViewport(1280, 800))
}

// TestFakeclerkPage follows what happens without a reload, and does what its buttons say.
func TestFakeclerkPage(t *testing.T) {
	f := startFakeclerk(t)
	b := newBrowser(t)
	const calls, sessions, faults = "[data-live=calls]", "[data-live=sessions]", "[data-live=faults]"
	b.do(t, chromedp.Navigate(f.url+"/"))
	b.waitFor(t, calls, "Nobody has called yet")

	f.call(t, "GET", "/v1/sessions/"+f.session, "")
	b.waitFor(t, calls, "GetSession 200")
	f.call(t, "GET", "/v1/sessions?user=x", "")
	b.waitFor(t, calls, "GetSessionList: query: has a parameter that the operation does not have")

	run[any](t, b, `document.getElementById('end-`+f.session+`').focus()`)
	f.call(t, "POST", "/_fake/sign-in", `{"user_id":"user_ada"}`)
	b.waitFor(t, sessions, "user_ada active")
	if got := run[string](t, b, `document.activeElement.id`); got != "end-"+f.session {
		t.Errorf("the focus is on %q after the page has changed", got)
	}
	b.tap(t, "#end-"+f.session)
	b.waitFor(t, sessions, "user_fake1 ended")

	b.tap(t, "button[value='1h']")
	b.waitFor(t, "[data-live=clock]", "1 h ahead")
	b.tap(t, "button[value='500']")
	b.waitFor(t, faults, "any operation: answers 500, 1×")
	if got := f.call(t, "GET", "/v1/sessions", ""); got != http.StatusInternalServerError {
		t.Errorf("status %d in spite of the fault", got)
	}
	b.waitFor(t, faults, "Nothing goes wrong")
	b.waitFor(t, calls, "GetSessionList 500")
	b.tap(t, "button[value='429']")
	b.waitFor(t, faults, "any operation: answers 429, Retry-After 10 s, 1×")
	b.tap(t, "button[value='drop']")
	b.waitFor(t, faults, "any operation: cuts the connection, 1×")
	run[any](t, b, `document.getElementById('times').value = '1e9'`)
	b.tap(t, "button[value='drop']")
	b.waitFor(t, "#problem", "A fault hits at least one request.")
	run[any](t, b, `document.getElementById('times').value = '1'`)
	b.tap(t, "form:has(#requests) button:not([name])")
	b.waitFor(t, "[data-live=limit]", "100 requests in 10 s")
	f.call(t, "GET", "/v1/sessions/sess_none", "")
	f.call(t, "POST", "/v1/sessions/"+f.session+"/tokens", "")
	f.call(t, "POST", "/_fake/faults", `{"operation":"RefreshSession","delay":"3s","times":2}`)

	run[any](t, b, `document.getElementById('target').value = '`+f.url+`/sign-in'`)
	b.click(t, "form:has(#user) button")
	b.waitFor(t, ".result", "user_fake1 is signed in")
	b.shoot(t, "fakeclerk")
	b.click(t, ".result a")
	names := map[string]bool{}
	for _, cookie := range b.cookies(t) {
		names[cookie.Name] = true
	}
	if !names["__session"] || !names["__client_uat"] || len(names) != 7 {
		t.Errorf("the link leaves the cookies %v", names)
	}
	b.shoot(t, "fakeclerk-sign-in")
}

// TestFakeclerkPageWithoutJavaScript shows what has happened after a reload.
func TestFakeclerkPageWithoutJavaScript(t *testing.T) {
	f := startFakeclerk(t)
	b := newBrowser(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Navigate(f.url+"/"))
	b.click(t, "#end-"+f.session)
	b.waitFor(t, "[data-live=sessions]", "user_fake1 ended")
	f.call(t, "GET", "/v1/sessions/"+f.session, "")
	b.do(t, chromedp.Reload())
	b.waitFor(t, "[data-live=calls]", "GetSession 200")
}
