package sessionstest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// TestRefusals has a row for each way to be refused, with what is recorded about it.
func TestRefusals(t *testing.T) {
	const post, get = http.MethodPost, http.MethodGet
	none := http.Header{"Authorization": nil}
	refresh := func(fields string) string {
		return `{"expired_token":"a","refresh_token":"b","request_origin":"c"` + fields + `}`
	}
	for name, row := range map[string]struct {
		req       request
		status    int
		code      string
		param     string // of the first error
		violation string // "" for none
	}{
		"no key":                   {request{get, "/sessions/sess_1", "", none}, 401, "authorization_header_format_invalid", "", `GetSession: header Authorization: no bearer key`},
		"basic credentials":        {request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Basic eDp5"}}}, 401, "authorization_header_format_invalid", "", `no bearer key`},
		"an empty key":             {request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Bearer "}}}, 401, "authorization_header_format_invalid", "", `no bearer key`},
		"another key":              {request{get, "/sessions/sess_1", "", http.Header{"Authorization": {"Bearer sk_test_other"}}}, 401, "clerk_key_invalid", "", ""},
		"unlisted version":         {request{get, "/sessions/sess_1", "", http.Header{"Clerk-Api-Version": {"2025-03-12"}}}, 400, "api_version_invalid", "", ""},
		"version of no shape":      {request{get, "/sessions/sess_1", "", http.Header{"Clerk-Api-Version": {"v1"}}}, 400, "api_version_invalid", "", `header parameter "Clerk-API-Version"`},
		"unknown session":          {request{get, "/sessions/sess_2", "", nil}, 404, "resource_not_found", "", ""},
		"unknown session, revoke":  {request{post, "/sessions/sess_2/revoke", "", nil}, 404, "resource_not_found", "", ""},
		"unknown session, tokens":  {request{post, "/sessions/sess_2/tokens", "", nil}, 404, "resource_not_found", "", ""},
		"unknown session, refresh": {request{post, "/sessions/sess_2/refresh", refresh(""), nil}, 404, "resource_not_found", "", ""},
		"unknown session, verify":  {request{post, "/sessions/sess_2/verify", `{"token":"a"}`, http.Header{"Clerk-Api-Version": {"2024-10-01"}}}, 404, "resource_not_found", "", ""},
		"no verify by default":     {request{post, "/sessions/sess_1/verify", `{"token":"a"}`, nil}, 404, "resource_not_found", "", ""},
		"impossible id":            {request{get, "/sessions/a%20b", "", nil}, 404, "resource_not_found", "", `GetSession: path parameter "session_id": string doesn't match`},
		"unknown user":             {request{post, "/sessions", `{"user_id":"user_2"}`, nil}, 404, "resource_not_found", "", ""},
		"no user":                  {request{post, "/sessions", `{}`, nil}, 422, "form_param_missing", "user_id", `CreateSession: body at /user_id: property "user_id" is missing`},
		"null user":                {request{post, "/sessions", `{"user_id":null}`, nil}, 422, "form_param_nil", "user_id", `body at /user_id: Value is not nullable`},
		"empty user":               {request{post, "/sessions", `{"user_id":""}`, nil}, 422, "form_param_nil", "user_id", `body at /user_id: minimum string length is 1`},
		"user of another type":     {request{post, "/sessions", `{"user_id":1}`, nil}, 422, "form_param_format_invalid", "user_id", `body at /user_id: value must be a string`},
		"body of another type":     {request{post, "/sessions", `[]`, nil}, 422, "form_param_format_invalid", "", `body: value must be an object`},
		"no body":                  {request{post, "/sessions", "", nil}, 400, "request_body_invalid", "", `body: is missing`},
		"broken body":              {request{post, "/sessions", `{"user_id":`, nil}, 400, "request_body_invalid", "", `body: is not a JSON document`},
		"two bodies":               {request{post, "/sessions", `{"user_id":"user_1"}{}`, nil}, 400, "request_body_invalid", "", `body: is not a JSON document`},
		"duplicate names":          {request{post, "/sessions", `{"user_id":"user_1","user_id":"user_2"}`, nil}, 400, "request_body_invalid", "", `body: is not a JSON document`},
		"invalid UTF-8":            {request{post, "/sessions", "{\"user_id\":\"\xff\"}", nil}, 400, "request_body_invalid", "", `body: is not a JSON document`},
		"another content type":     {request{post, "/sessions", `{"user_id":"user_1"}`, http.Header{"Content-Type": {"text/plain"}}}, 400, "request_body_invalid", "", `another content type`},
		"limit 0":                  {request{get, "/sessions?limit=0", "", nil}, 422, "form_param_value_invalid", "limit", `GetSessionList: query parameter "limit": number must be at least 1`},
		"limit 501":                {request{get, "/sessions?limit=501", "", nil}, 422, "form_param_value_invalid", "limit", `number must be at most 500`},
		"limit of letters":         {request{get, "/sessions?limit=ten", "", nil}, 422, "form_param_format_invalid", "limit", `query parameter "limit": an invalid integer`},
		"limit empty":              {request{get, "/sessions?limit=", "", nil}, 422, "form_param_format_invalid", "limit", `query parameter "limit": value is empty`},
		"offset negative":          {request{get, "/sessions?offset=-1", "", nil}, 422, "form_param_value_invalid", "offset", `number must be at least 0`},
		"unknown status":           {request{get, "/sessions?status=asleep", "", nil}, 422, "form_param_value_invalid", "status", `query parameter "status": value is not one of the allowed values`},
		"paginated of letters":     {request{get, "/sessions?paginated=perhaps", "", nil}, 422, "form_param_format_invalid", "paginated", `an invalid boolean`},
		"broken query":             {request{get, "/sessions?user_id=%zz", "", nil}, 400, "request_body_invalid", "", `query: is not well-formed`},
		"expires 0":                {request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":0}`, nil}, 422, "form_param_value_invalid", "expires_in_seconds", `CreateSessionToken: body at /expires_in_seconds: number must be at least 30`},
		"expires 29":               {request{post, "/sessions/sess_1/tokens/t", `{"expires_in_seconds":29}`, nil}, 422, "form_param_value_invalid", "expires_in_seconds", `CreateSessionTokenFromTemplate: body`},
		"expires too late":         {request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":315360001}`, nil}, 422, "form_param_value_invalid", "expires_in_seconds", `at most 3.1536e+08`},
		"expires in a fraction":    {request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":30.5}`, nil}, 422, "form_param_format_invalid", "expires_in_seconds", `must be an integer`},
		"refresh with more":        {request{post, "/sessions/sess_1/refresh", refresh(`,"suffixed_cookies":true`), nil}, 422, "form_param_unknown", "", `RefreshSession: body: property is not one`},
		"refresh in another form":  {request{post, "/sessions/sess_1/refresh", refresh(`,"format":"xml"`), nil}, 422, "form_param_value_invalid", "format", `RefreshSession: body at /format`},
		"refresh with bare header": {request{post, "/sessions/sess_1/refresh", refresh(`,"request_headers":{"x-private":"y"}`), nil}, 422, "form_param_format_invalid", "request_headers", `body at /request_headers: value must be an array`},
		"unknown path":             {request{get, "/users", "", nil}, 404, "resource_not_found", "", `GET /v1/users: the fragment has no such path`},
		"dots for an id":           {request{post, "/sessions/../refresh", "", nil}, 404, "resource_not_found", "", `the fragment has no such path`},
		"an empty id":              {request{post, "/sessions//revoke", "", nil}, 404, "resource_not_found", "", `the fragment has no such path`},
		"a slash too many":         {request{get, "/sessions/", "", nil}, 404, "resource_not_found", "", `the fragment has no such path`},
		"wrong method":             {request{http.MethodDelete, "/sessions/sess_1", "", nil}, 405, "method_not_allowed", "", `DELETE /v1/sessions/sess_1: the fragment has no such method`},
		"an oversized body":        {request{post, "/sessions", `{"user_id":"` + strings.Repeat("u", 1<<20) + `"}`, nil}, 413, "request_body_too_large", "", `CreateSession: the body`},
	} {
		t.Run(name, func(t *testing.T) {
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
		})
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
		"a parameter of no operation": {request{method: http.MethodGet, path: "/sessions?limits=1"}, `GetSessionList: query: has a parameter that the operation does not have`},
		"a body where none belongs":   {request{method: http.MethodPost, path: "/sessions/sess_1/revoke", body: "{}"}, `RevokeSession: body: is not something that the operation takes`},
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

// TestNoSecrets looks for what was sent in what is recorded about it, and in what is answered.
func TestNoSecrets(t *testing.T) {
	s := newServer()
	in := s.SignIn("user_1")
	secrets := []string{s.SecretKey, in.SessionToken, in.RefreshToken}
	var told strings.Builder
	for _, secret := range secrets {
		for _, req := range []request{
			{method: http.MethodPost, path: "/sessions", body: `{"user_id":["` + secret + `"]}`},
			{method: http.MethodPost, path: "/sessions", body: `{"user_id":"` + secret},
			{method: http.MethodPost, path: "/sessions/" + in.SessionID + "/refresh", body: `{"expired_token":"` + secret + `","refresh_token":["` + secret + `"],"` + secret + `":1}`},
			{method: http.MethodPost, path: "/sessions/" + in.SessionID + "/refresh", body: `{"expired_token":"x","refresh_token":"x","request_origin":"x","request_headers":{"` + secret + `":"` + secret + `"}}`},
			{method: http.MethodGet, path: "/sessions?limit=" + url.QueryEscape(secret)},
			{method: http.MethodGet, path: "/sessions?status=" + url.QueryEscape(secret) + "&" + url.QueryEscape(secret) + "=1"},
			{method: http.MethodGet, path: "/sessions", header: http.Header{"Authorization": {"Basic " + secret}, "Clerk-Api-Version": {secret}}},
			{method: http.MethodPost, path: "/sessions", body: "{}", header: http.Header{"Content-Type": {secret}}},
		} {
			told.WriteString(send(t, s, req).body)
		}
	}
	for _, path := range []string{s.SecretKey, in.SessionToken} {
		told.WriteString(get(t, s, "/elsewhere/"+path+"/x").body)
	}
	if len(s.Violations()) < 8*len(secrets) {
		t.Errorf("only %d violations", len(s.Violations()))
	}
	for _, violation := range s.Violations() {
		told.WriteString(violation.Error())
	}
	for _, secret := range secrets {
		if strings.Contains(told.String(), secret) {
			t.Errorf("%.12s… is told", secret)
		}
	}
}
