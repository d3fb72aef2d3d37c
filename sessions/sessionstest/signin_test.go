package sessionstest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestSignInWith(t *testing.T) {
	s := newServer()
	in := s.SignInWith(sessionstest.SignInParams{
		UserID: "user_1", Origin: "https://shop.example.test", OrganizationID: "org_1",
		Claims: map[string]any{"role": "admin", "levels": []int{1, 2}},
	})
	for name, token := range map[string]string{
		"at the sign-in": in.SessionToken,
		"minted later":   decode[tokenBody](t, post(t, s, "/sessions/"+in.SessionID+"/tokens", "")).JWT,
	} {
		said := claims(t, s, token)
		got := map[string]any{}
		for _, name := range []string{"sub", "azp", "o", "role", "levels"} {
			got[name] = said[name]
		}
		want := map[string]any{
			"sub": "user_1", "azp": "https://shop.example.test", "o": map[string]any{"id": "org_1"},
			"role": "admin", "levels": []any{1.0, 2.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSignInWithTasks(t *testing.T) {
	s := newServer()
	in := s.SignInWith(sessionstest.SignInParams{Tasks: []sessionstest.Task{{Key: "choose-organization"}}})
	for name, token := range map[string]string{
		"at the sign-in": in.SessionToken,
		"minted later":   decode[tokenBody](t, post(t, s, "/sessions/"+in.SessionID+"/tokens", "")).JWT,
	} {
		if got := claims(t, s, token)["sts"]; got != "pending" {
			t.Errorf("%s, sts is %v", name, got)
		}
	}
	want := []sessionstest.Task{{Key: "choose-organization"}}
	if session, _ := s.Session(in.SessionID); !cmp.Equal(session.Tasks, want) {
		t.Errorf("tasks: %v", session.Tasks)
	}
}

func TestSignInCookies(t *testing.T) {
	s := newServer()
	in := s.SignIn("")
	got := map[string]string{}
	for _, cookie := range in.Cookies {
		if cookie.Path != "/" || cookie.Secure || cookie.Domain != "" ||
			cookie.HttpOnly != strings.HasPrefix(cookie.Name, "__refresh") {
			t.Errorf("attributes of %s", cookie.Name)
		}
		got[cookie.Name] = cookie.Value
	}
	uat := strconv.FormatInt(start.Unix(), 10)
	want := map[string]string{
		"__session": in.SessionToken, "__session_6tQWJVae": in.SessionToken,
		"__client_uat": uat, "__client_uat_6tQWJVae": uat,
		"__refresh_6tQWJVae":      in.RefreshToken,
		"__clerk_db_jwt":          got["__clerk_db_jwt"],
		"__clerk_db_jwt_6tQWJVae": got["__clerk_db_jwt"],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if said := claims(t, s, in.SessionToken); said["sid"] != in.SessionID || said["sub"] == "" {
		t.Errorf("the token is of session %v and user %v", said["sid"], said["sub"])
	}
}

// A browser whose token is older than its sign-in counts as signed out.
func TestSignInWhileTheClockTicks(t *testing.T) {
	seconds := 0
	s := sessionstest.New(t, sessionstest.WithoutListener(), sessionstest.WithClock(func() time.Time {
		seconds++
		return start.Add(time.Duration(seconds) * time.Second)
	}))
	in := s.SignIn("")
	issued, _ := claims(t, s, in.SessionToken)["iat"].(float64)
	for _, cookie := range in.Cookies {
		if since, _ := strconv.Atoi(cookie.Value); cookie.Name == "__client_uat" && int(issued) < since {
			t.Errorf("the token was issued %d s before the sign-in", since-int(issued))
		}
	}
}
