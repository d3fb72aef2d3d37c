package page

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForms has what each form does, and what it refuses.
func TestForms(t *testing.T) {
	s := newSite(t)
	clerk := s.in.Clerk()
	id := clerk.Sessions()[0].ID
	sign := "sign-in"
	for _, row := range []struct {
		name, form string
		status     int
		says       string // on the page that tells of a problem
	}{
		{"end", "id=" + id, 303, ""},
		{"end", "id=sess_none", 400, "There is no session with this id."},
		{"clock", "advance=1h", 303, ""},
		{"clock", "advance=-1h", 400, "Time does not run backwards."},
		{"clock", "advance=", 400, "The clock moves on by a duration, such as 1m."},
		{"fault", "fault=429&times=2&operation=GetSession", 303, ""},
		{"fault", "fault=slow&times=1&operation=", 303, ""},
		{"fault", "fault=500&times=0", 400, "A fault hits at least one request."},
		{"fault", "fault=500&times=many", 400, "A fault hits at least one request."},
		{"fault", "fault=fire&times=1", 400, "The page has no such fault."},
		{"fault", "fault=drop&times=1&operation=x", 400, "There is no operation"},
		{"limit", "requests=5&seconds=10", 303, ""},
		{"limit", "requests=0&seconds=10", 400, "A limit is a number of requests"},
		{"limit", "requests=5&seconds=1e9", 400, "A limit is a number of requests"},
		{sign, "user_id=&target=http://localhost/", 400, "Somebody has to sign in"},
		{sign, "user_id=" + strings.Repeat("u", 256) + "&target=http://localhost/", 400, "Somebody has to sign in"},
		{sign, "user_id=user_1&target=http://evil.test/", 400, "The address of your service"},
		{sign, "user_id=user_1&target=javascript:x", 400, "The address of your service"},
		{"limit", "%zz", 400, "The form is malformed."},
		{"limit", strings.Repeat("x", maxForm+1), 413, "The form is too large."},
		{"nothing", "", 404, ""},
	} {
		t.Run(row.name+"/"+row.form[:min(40, len(row.form))], func(t *testing.T) {
			resp, body := s.post(t, row.name, row.form)
			if resp.StatusCode != row.status || !strings.Contains(body, row.says) {
				t.Errorf("%d %s, want %d with %q", resp.StatusCode, body, row.status, row.says)
			}
		})
	}

	want := []string{"GetSession: answers 429, Retry-After 10 s, 2×", "any operation: waits 3 s, 1×"}
	got := view(s.in)
	if diff := cmp.Diff(want, got.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if got.Limit != "5 requests in 10 s" || got.Ahead != "1 h ahead" || len(got.Sessions) != 3 {
		t.Errorf("limit %q, clock %q, %d sessions", got.Limit, got.Ahead, len(got.Sessions))
	}
	if x, _ := clerk.Session(id); x.Status != "ended" {
		t.Errorf("the session is %s", x.Status)
	}
	for _, form := range [][2]string{{"faults", ""}, {"limit", "lift=yes&requests=5&seconds=10"}, {"calls", ""}} {
		if resp, body := s.post(t, form[0], form[1]); resp.StatusCode != 303 {
			t.Errorf("%s: %d %s", form[0], resp.StatusCode, body)
		}
	}
	if got := view(s.in); got.Faults != nil || got.Limit != "" {
		t.Errorf("faults %v, limit %q are left", got.Faults, got.Limit)
	}
	key := string(clerk.PublicKeyPEM())
	s.post(t, "rotate-key", "")
	if string(clerk.PublicKeyPEM()) == key {
		t.Error("the key is not rotated")
	}
	s.post(t, "reset", "")
	if s.in.Clerk() == clerk {
		t.Error("nothing began anew")
	}
}

// TestSignInLink puts the cookies into the browser that follows the link.
func TestSignInLink(t *testing.T) {
	s := newSite(t)
	resp, _ := s.post(t, "sign-in", "user_id=user_ada&target=http://localhost:3000/a?b")
	next, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	_, body := s.get(t, "/?"+next.RawQuery)
	port := s.url[strings.LastIndex(s.url, ":"):]
	link := "http://localhost" + port + Prefix + "open/" + next.Query().Get("signed-in")
	if !strings.Contains(body, `href="`+link+`"`) || !strings.Contains(body, "Open http://localhost:3000/a?b") {
		t.Errorf("the page has no link %s: %s", link, body)
	}
	opened, _ := s.get(t, strings.TrimPrefix(link, "http://localhost"+port))
	if got := opened.Header.Get("Location"); opened.StatusCode != 303 || got != "http://localhost:3000/a?b" {
		t.Errorf("%d to %s", opened.StatusCode, got)
	}
	if n := len(opened.Cookies()); n != 7 {
		t.Errorf("%d cookies", n)
	}
	if resp, body := s.get(t, Prefix+"open/guess"); resp.StatusCode != 404 || !strings.Contains(body, "sign in again") {
		t.Errorf("a guessed link: %d", resp.StatusCode)
	}
	for range maxLinks {
		s.post(t, "sign-in", "user_id=user_ada&target=http://localhost/")
	}
	if resp, _ := s.get(t, Prefix+"open/"+next.Query().Get("signed-in")); resp.StatusCode != 404 {
		t.Errorf("the oldest link is still good: %d", resp.StatusCode)
	}
}

func TestNoFormsOfOtherSites(t *testing.T) {
	s := newSite(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.test"}} {
		if resp, _ := s.post(t, "reset", "", header...); resp.StatusCode != 403 {
			t.Errorf("%v: %d", header, resp.StatusCode)
		}
	}
}
