package sessionstest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// refusal is a request that the server refuses, and how.
type refusal struct {
	req       request
	status    int
	code      string
	param     string // of the first error
	violation string // "" for none
}

// check sends the refusal's request to a server with one session.
func (row refusal) check(t *testing.T) {
	t.Helper()
	s := newServer()
	s.AddSession(sessionstest.Session{ID: "sess_1", UserID: "user_1"})
	got := send(t, s, row.req)
	wantError(t, got, row.status, row.code)
	var want map[string]any
	if row.param != "" {
		want = map[string]any{"param_name": row.param}
	}
	if diff := cmp.Diff(want, unmarshal[errorBody](t, got.body).Errors[0].Meta); diff != "" {
		t.Errorf("meta (-want +got):\n%s", diff)
	}
	if row.violation == "" {
		wantViolations(t, s)
	} else {
		wantViolations(t, s, row.violation)
	}
}

// TestRefusals has a row for each way to be refused for the key, the version, the path or the size.
func TestRefusals(t *testing.T) {
	const post, get = http.MethodPost, http.MethodGet
	none := http.Header{"Authorization": nil}
	refresh := `{"expired_token":"a","refresh_token":"b","request_origin":"c"}`
	for name, row := range map[string]refusal{
		"no key": {
			request{get, "/sessions/sess_1", "", none},
			401, "authorization_header_format_invalid", "", `GetSession: header Authorization: no bearer key`,
		},
		"basic credentials": {
			request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Basic eDp5"}}},
			401, "authorization_header_format_invalid", "", `no bearer key`,
		},
		"an empty key": {
			request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Bearer "}}},
			401, "authorization_header_format_invalid", "", `no bearer key`,
		},
		"another key": {
			request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Bearer sk_test_other"}}},
			401, "clerk_key_invalid", "", "",
		},
		"unlisted version": {
			request{get, "/sessions/sess_1", "", http.Header{"Clerk-Api-Version": {"2025-03-12"}}},
			400, "api_version_invalid", "", "",
		},
		"version of no shape": {
			request{get, "/sessions/sess_1", "", http.Header{"Clerk-Api-Version": {"v1"}}},
			400, "api_version_invalid", "", `header parameter "Clerk-API-Version"`,
		},
		"unknown session": {
			request{get, "/sessions/sess_2", "", nil},
			404, "resource_not_found", "", "",
		},
		"unknown session, revoke": {
			request{post, "/sessions/sess_2/revoke", "", nil},
			404, "resource_not_found", "", "",
		},
		"unknown session, tokens": {
			request{post, "/sessions/sess_2/tokens", "", nil},
			404, "resource_not_found", "", "",
		},
		"unknown session, refresh": {
			request{post, "/sessions/sess_2/refresh", refresh, nil},
			404, "resource_not_found", "", "",
		},
		"unknown session, verify": {
			request{post, "/sessions/sess_2/verify", `{"token":"a"}`, http.Header{"Clerk-Api-Version": {"2024-10-01"}}},
			404, "resource_not_found", "", "",
		},
		"no verify by default": {
			request{post, "/sessions/sess_1/verify", `{"token":"a"}`, nil},
			404, "resource_not_found", "", "",
		},
		"impossible id": {
			request{get, "/sessions/a%20b", "", nil},
			404, "resource_not_found", "", `GetSession: path parameter "session_id": string doesn't match`,
		},
		"unknown user": {
			request{post, "/sessions", `{"user_id":"user_2"}`, nil},
			404, "resource_not_found", "", "",
		},
		"unknown path": {
			request{get, "/users", "", nil},
			404, "resource_not_found", "", `GET /v1/users: the fragment has no such path`,
		},
		"dots for an id": {
			request{post, "/sessions/../refresh", "", nil},
			404, "resource_not_found", "", `the fragment has no such path`,
		},
		"an empty id": {
			request{post, "/sessions//revoke", "", nil},
			404, "resource_not_found", "", `the fragment has no such path`,
		},
		"a slash too many": {
			request{get, "/sessions/", "", nil},
			404, "resource_not_found", "", `the fragment has no such path`,
		},
		"wrong method": {
			request{http.MethodDelete, "/sessions/sess_1", "", nil},
			405, "method_not_allowed", "", `DELETE /v1/sessions/sess_1: the fragment has no such method`,
		},
		"an oversized body": {
			request{post, "/sessions", `{"user_id":"` + strings.Repeat("u", 1<<20) + `"}`, nil},
			413, "request_body_too_large", "", `CreateSession: the body`,
		},
	} {
		t.Run(name, row.check)
	}
}

func TestSeveralRefusalsAtOnce(t *testing.T) {
	s := newServer()
	got := get(t, s, "/sessions?limit=0&offset=-1")
	wantError(t, got, 422, "form_param_value_invalid")
	if n := len(unmarshal[errorBody](t, got.body).Errors); n != 2 {
		t.Errorf("%d errors, want 2: %s", n, got.body)
	}
	wantViolations(t, s, `"limit"`, `"offset"`)
	wantError(t, post(t, s, "/sessions/sess_1/refresh", `{}`), 422, "form_param_missing")
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	got := send(t, newServer(), request{method: http.MethodPut, path: "/sessions"})
	if allow := got.header.Get("Allow"); allow != "POST, GET" {
		t.Errorf("Allow: %q", allow)
	}
}

// TestServedNonetheless has what breaks the fragment but is no reason for Clerk to refuse it.
func TestServedNonetheless(t *testing.T) {
	for name, row := range map[string]struct {
		req       request
		violation string
	}{
		"a parameter of no operation": {
			request{method: http.MethodGet, path: "/sessions?limits=1"},
			`GetSessionList: query: has a parameter that the operation does not have`,
		},
		"a body where none belongs": {
			request{method: http.MethodPost, path: "/sessions/sess_1/revoke", body: "{}"},
			`RevokeSession: body: is not something that the operation takes`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer()
			s.AddSession(sessionstest.Session{ID: "sess_1"})
			decode[any](t, send(t, s, row.req))
			wantViolations(t, s, row.violation)
		})
	}
}

// TestAnswersAreChecked makes the server answer a status that the fragment does not list.
func TestAnswersAreChecked(t *testing.T) {
	s := newServer()
	s.AddSession(sessionstest.Session{ID: "sess_1", Status: "asleep"})
	if got := decode[sessionBody](t, get(t, s, "/sessions/sess_1")); got.Status != "asleep" {
		t.Errorf("status %q", got.Status)
	}
	wantViolations(t, s, "GetSession: the answer 200 is wrong at /status: value is not one of the allowed values")
}

// TestNullIsNoBody has the body that encoders make of nothing.
func TestNullIsNoBody(t *testing.T) {
	s := newServer()
	s.AddSession(sessionstest.Session{ID: "sess_1"})
	if got := post(t, s, "/sessions/sess_1/revoke", " null\n"); got.status != 200 {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	wantViolations(t, s)
	post(t, s, "/sessions/sess_1/revoke", "nul")
	post(t, s, "/sessions", "null")
	wantViolations(t, s, "RevokeSession: body: is not", "CreateSession: body: Value is not nullable")
}
