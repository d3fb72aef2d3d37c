package sessionstest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// page returns the text of the sign-in page.
func page(t *testing.T, s *sessionstest.Server, query string) (status int, body string) {
	t.Helper()
	resp, err := s.HTTPClient().Get(s.FrontendAPI + "/sign-in" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestSignInPage(t *testing.T) {
	s := newServer()
	s.SignIn("user_b")
	s.SignIn(`user_<a>"`)
	status, body := page(t, s, "?redirect_url="+url.QueryEscape(`http://localhost/?"><b>`)+"&__clerk_db_jwt=%3Cc%3E")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	for _, want := range []string{
		`value="user_b"`, `value="user_&lt;a&gt;&#34;"`, `value="http://localhost/?&#34;&gt;&lt;b&gt;"`, `value="&lt;c&gt;"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in:\n%s", want, body)
		}
	}
	if status, _ := page(t, s, "?redirect_url=nowhere"); status != http.StatusUnprocessableEntity {
		t.Errorf("a bad address: %d", status)
	}
}

// TestSignInAsAnother has one browser sign in as one user after the other: the first session ends.
func TestSignInAsAnother(t *testing.T) {
	s := newServer()
	browser := newBrowser(t, s)
	for _, user := range []string{"user_1", "user_2"} {
		if resp := signIn(t, s, browser, url.Values{"user_id": {user}}); resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", user, resp.StatusCode)
		}
	}
	list := decode[[]struct {
		sessionBody
		ClientID string `json:"client_id"`
	}](t, get(t, s, "/sessions"))
	if len(list) != 2 || list[0].Status != "active" || list[1].Status != "replaced" ||
		list[0].ClientID != list[1].ClientID {
		t.Errorf("sessions %+v", list)
	}
}

func TestSignInIsRefused(t *testing.T) {
	s := newServer()
	for name, row := range map[string]struct {
		form   url.Values
		header http.Header
		status int
	}{
		"nobody":            {url.Values{"user_id": {""}}, nil, 422},
		"a long id":         {url.Values{"user_id": {strings.Repeat("u", 256)}}, nil, 422},
		"a script":          {url.Values{"user_id": {"user_1"}, "redirect_url": {"javascript:x"}}, nil, 422},
		"from another site": {url.Values{"user_id": {"user_1"}}, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodPost, s.FrontendAPI+"/sign-in", strings.NewReader(row.form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = row.header
			resp, err := s.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != row.status {
				t.Errorf("status %d, want %d", resp.StatusCode, row.status)
			}
		})
	}
	if got := decode[[]sessionBody](t, get(t, s, "/sessions")); len(got) != 0 {
		t.Errorf("somebody is signed in: %v", got)
	}
}
