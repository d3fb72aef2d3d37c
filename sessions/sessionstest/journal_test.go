package sessionstest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestCallsSayHowTheyWereAnswered(t *testing.T) {
	s := newServer()
	x := s.AddSession(sessionstest.Session{ID: "sess_1"})
	s.LimitRate(2, time.Minute)
	s.Inject(sessionstest.Fault{Operation: "RevokeSession", Status: 503})
	s.Inject(sessionstest.Fault{Operation: "CreateSession", Drop: true})
	get(t, s, "/sessions/"+x.ID)
	s.Advance(time.Second)
	post(t, s, "/sessions/"+x.ID+"/revoke", "")
	_, err := try(t, s.HTTPClient(), s, request{method: http.MethodPost, path: "/sessions", body: `{}`})
	if err == nil {
		t.Error("a dropped request was answered")
	}
	get(t, s, "/sessions?x=1")
	get(t, s, "/sessions/"+x.ID)

	at := start.Add(time.Second)
	want := []sessionstest.Call{
		{Operation: "GetSession", Time: start, Status: 200},
		{Operation: "RevokeSession", Time: at, Status: 503},
		{Operation: "CreateSession", Time: at, Violations: []string{
			`CreateSession: body at /user_id: property "user_id" is missing`,
		}},
		{Operation: "GetSessionList", Time: at, Status: 200, Violations: []string{
			"GetSessionList: query: has a parameter that the operation does not have",
		}},
		{Operation: "GetSession", Time: at, Status: 429},
	}
	sent := cmpopts.IgnoreFields(sessionstest.Call{}, "Method", "Path", "RawQuery", "Header", "Body", "Took")
	if diff := cmp.Diff(want, s.Calls(), sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.ClearCalls()
	if n := len(s.Calls()); n != 0 || len(s.Violations()) != 2 {
		t.Errorf("%d calls and %d violations after ClearCalls", n, len(s.Violations()))
	}
}

func TestWithMaxCalls(t *testing.T) {
	s := newServer(sessionstest.WithMaxCalls(2))
	for _, limit := range []string{"1", "2", "3"} {
		get(t, s, "/sessions?limit="+limit)
	}
	calls := s.Calls()
	if len(calls) != 2 || calls[0].RawQuery != "limit=2" || calls[1].RawQuery != "limit=3" {
		t.Errorf("kept %+v", calls)
	}
}
