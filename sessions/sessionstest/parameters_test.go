package sessionstest_test

import (
	"net/http"
	"testing"
)

// TestRefusedParameters has a row for each way to be refused for a parameter or a body.
func TestRefusedParameters(t *testing.T) {
	const post, get = http.MethodPost, http.MethodGet
	refresh := func(fields string) string {
		return `{"expired_token":"a","refresh_token":"b","request_origin":"c"` + fields + `}`
	}
	for name, row := range map[string]refusal{
		"no user": {
			request{post, "/sessions", `{}`, nil},
			422, "form_param_missing", "user_id", `CreateSession: body at /user_id: property "user_id" is missing`,
		},
		"null user": {
			request{post, "/sessions", `{"user_id":null}`, nil},
			422, "form_param_nil", "user_id", `body at /user_id: Value is not nullable`,
		},
		"empty user": {
			request{post, "/sessions", `{"user_id":""}`, nil},
			422, "form_param_nil", "user_id", `body at /user_id: minimum string length is 1`,
		},
		"user of another type": {
			request{post, "/sessions", `{"user_id":1}`, nil},
			422, "form_param_format_invalid", "user_id", `body at /user_id: value must be a string`,
		},
		"body of another type": {
			request{post, "/sessions", `[]`, nil},
			422, "form_param_format_invalid", "", `body: value must be an object`,
		},
		"no body": {
			request{post, "/sessions", "", nil},
			400, "request_body_invalid", "", `body: is missing`,
		},
		"broken body": {
			request{post, "/sessions", `{"user_id":`, nil},
			400, "request_body_invalid", "", `body: is not a JSON document`,
		},
		"two bodies": {
			request{post, "/sessions", `{"user_id":"user_1"}{}`, nil},
			400, "request_body_invalid", "", `body: is not a JSON document`,
		},
		"duplicate names": {
			request{post, "/sessions", `{"user_id":"user_1","user_id":"user_2"}`, nil},
			400, "request_body_invalid", "", `body: is not a JSON document`,
		},
		"invalid UTF-8": {
			request{post, "/sessions", "{\"user_id\":\"\xff\"}", nil},
			400, "request_body_invalid", "", `body: is not a JSON document`,
		},
		"another content type": {
			request{post, "/sessions", `{"user_id":"user_1"}`, http.Header{"Content-Type": {"text/plain"}}},
			400, "request_body_invalid", "", `another content type`,
		},
		"limit 0": {
			request{get, "/sessions?limit=0", "", nil},
			422, "form_param_value_invalid", "limit", `GetSessionList: query parameter "limit": number must be at least 1`,
		},
		"limit 501": {
			request{get, "/sessions?limit=501", "", nil},
			422, "form_param_value_invalid", "limit", `number must be at most 500`,
		},
		"limit of letters": {
			request{get, "/sessions?limit=ten", "", nil},
			422, "form_param_format_invalid", "limit", `query parameter "limit": an invalid integer`,
		},
		"limit empty": {
			request{get, "/sessions?limit=", "", nil},
			422, "form_param_format_invalid", "limit", `query parameter "limit": value is empty`,
		},
		"offset negative": {
			request{get, "/sessions?offset=-1", "", nil},
			422, "form_param_value_invalid", "offset", `number must be at least 0`,
		},
		"unknown status": {
			request{get, "/sessions?status=asleep", "", nil},
			422, "form_param_value_invalid", "status", `query parameter "status": value is not one of the allowed values`,
		},
		"paginated of letters": {
			request{get, "/sessions?paginated=perhaps", "", nil},
			422, "form_param_format_invalid", "paginated", `an invalid boolean`,
		},
		"broken query": {
			request{get, "/sessions?user_id=%zz", "", nil},
			400, "request_body_invalid", "", `query: is not well-formed`,
		},
		"expires 0": {
			request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":0}`, nil},
			422, "form_param_value_invalid", "expires_in_seconds",
			`CreateSessionToken: body at /expires_in_seconds: number must be at least 30`,
		},
		"expires 29": {
			request{post, "/sessions/sess_1/tokens/t", `{"expires_in_seconds":29}`, nil},
			422, "form_param_value_invalid", "expires_in_seconds", `CreateSessionTokenFromTemplate: body`,
		},
		"expires too late": {
			request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":315360001}`, nil},
			422, "form_param_value_invalid", "expires_in_seconds", `at most 3.1536e+08`,
		},
		"expires in a fraction": {
			request{post, "/sessions/sess_1/tokens", `{"expires_in_seconds":30.5}`, nil},
			422, "form_param_format_invalid", "expires_in_seconds", `must be an integer`,
		},
		"refresh with more": {
			request{post, "/sessions/sess_1/refresh", refresh(`,"suffixed_cookies":true`), nil},
			422, "form_param_unknown", "", `RefreshSession: body: property is not one`,
		},
		"refresh in another form": {
			request{post, "/sessions/sess_1/refresh", refresh(`,"format":"xml"`), nil},
			422, "form_param_value_invalid", "format", `RefreshSession: body at /format`,
		},
		"refresh with bare header": {
			request{post, "/sessions/sess_1/refresh", refresh(`,"request_headers":{"x-private":"y"}`), nil},
			422, "form_param_format_invalid", "request_headers", `body at /request_headers: value must be an array`,
		},
	} {
		t.Run(name, row.check)
	}
}
