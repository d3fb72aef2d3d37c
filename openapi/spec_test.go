package openapi_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/openapi"
)

// What the fragment describes, in the order of Clerk's docs.
var operations = []struct {
	id, method, path string
	deprecated       bool
	extra            []string // statuses beside those of every operation
}{
	{"GetHandshakePayload", "GET", "/clients/handshake_payload", false, []string{"404", "422"}},
	{"GetSessionList", "GET", "/sessions", false, []string{"422"}},
	{"CreateSession", "POST", "/sessions", false, []string{"404", "422"}},
	{"GetSession", "GET", "/sessions/{session_id}", false, []string{"404"}},
	{"RefreshSession", "POST", "/sessions/{session_id}/refresh", false, []string{"404", "422"}},
	{"RevokeSession", "POST", "/sessions/{session_id}/revoke", false, []string{"404"}},
	{"VerifySession", "POST", "/sessions/{session_id}/verify", true, []string{"404", "410", "422"}},
	{"CreateSessionToken", "POST", "/sessions/{session_id}/tokens", false, []string{"404", "422"}},
	{
		"CreateSessionTokenFromTemplate", "POST", "/sessions/{session_id}/tokens/{template_name}", false,
		[]string{"404", "422"},
	},
}

func load(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Sessions)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// The fragment is a valid OpenAPI document, with its examples, its defaults and its patterns.
func TestFragmentIsValid(t *testing.T) {
	t.Parallel()
	document := load(t)
	err := document.Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
	if document.OpenAPI != "3.0.3" {
		t.Errorf("it is written for OpenAPI %s, want 3.0.3", document.OpenAPI)
	}
}

// The file has the operations in the order of Clerk's docs, so that it can be read beside them.
func TestOperationsOrder(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, op := range operations {
		want = append(want, op.id)
	}
	for _, match := range regexp.MustCompile(`(?m)^ +operationId: (\w+)$`).FindAllSubmatch(openapi.Sessions, -1) {
		got = append(got, string(match[1]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	document := load(t)
	total := 0
	for _, item := range document.Paths.Map() {
		total += len(item.Operations())
	}
	if total != len(operations) {
		t.Errorf("%d operations, want %d", total, len(operations))
	}
	for _, op := range operations {
		t.Run(op.id, func(t *testing.T) {
			item := document.Paths.Value(op.path)
			if item == nil || item.GetOperation(op.method) == nil {
				t.Fatalf("there is no %s %s", op.method, op.path)
			}
			got := item.GetOperation(op.method)
			if got.OperationID != op.id || got.Deprecated != op.deprecated || got.Summary == "" || got.Description == "" {
				t.Errorf("operationId %s, deprecated %v, summary %q, description %q",
					got.OperationID, got.Deprecated, got.Summary, got.Description)
			}
			if item.Parameters.GetByInAndName("header", "Clerk-API-Version") == nil {
				t.Error("there is no Clerk-API-Version")
			}
			checkResponses(t, got, append([]string{"200", "400", "401", "403", "429", "5XX"}, op.extra...))
		})
	}
}

// checkResponses checks that an operation documents exactly these statuses, each but 200 with Clerk's error and its
// trace id, and the statuses that ask for silence with Retry-After.
func checkResponses(t *testing.T, op *openapi3.Operation, want []string) {
	t.Helper()
	for status := range op.Responses.Map() {
		if !slices.Contains(want, status) {
			t.Errorf("status %s is documented", status)
		}
	}
	for _, status := range want {
		response := op.Responses.Value(status)
		if response == nil {
			t.Errorf("status %s is not documented", status)
			continue
		}
		media := response.Value.Content.Get("application/json")
		switch {
		case media == nil:
			t.Errorf("%s: no application/json", status)
		case status != "200" && media.Schema.Ref != "#/components/schemas/ErrorAnswer":
			t.Errorf("%s: the body is %s", status, media.Schema.Ref)
		case status != "200" && response.Value.Headers["Clerk-Trace-Id"] == nil:
			t.Errorf("%s: no Clerk-Trace-Id", status)
		case (status == "429" || status == "5XX") != (response.Value.Headers["Retry-After"] != nil):
			t.Errorf("%s: that there is a Retry-After is %v", status, response.Value.Headers["Retry-After"] != nil)
		}
	}
}

// What Clerk sends is valid under the schema it belongs to, and what it never sends is not.
func TestSchemas(t *testing.T) {
	t.Parallel()
	const (
		times   = `"last_active_at":1,"expire_at":1,"abandon_at":1,"created_at":1,"updated_at":1`
		ids     = `"id":"sess_1","client_id":"client_1","user_id":"user_1"`
		session = `{"object":"session",` + ids + `,"status":"active",` + times + `}`
		refresh = `"expired_token":"a","refresh_token":"b","request_origin":"c"`
	)
	document := load(t)
	for _, row := range []struct {
		schema, name, value string
		valid               bool
	}{
		{"Session", "the least", session, true},
		{
			"Session", "with nulls", session[:len(session)-1] +
				`,"actor":null,"latest_activity":null,"tasks":null,"last_active_organization_id":null}`, true,
		},
		{"Session", "with tasks", session[:len(session)-1] + `,"tasks":[{"key":"choose-organization"}]}`, true},
		{"Session", "with an actor", session[:len(session)-1] + `,"actor":{"sub":"user_2","n":1}}`, true},
		{"Session", "with a field not known yet", session[:len(session)-1] + `,"new":1}`, true},
		{"Session", "without an id", strings.Replace(session, `"id":"sess_1",`, "", 1), false},
		{"Session", "another object", strings.Replace(session, `"object":"session"`, `"object":"user"`, 1), false},
		{"SessionList", "a page", `{"data":[` + session + `],"total_count":1}`, true},
		{"SessionList", "a bare array", `[` + session + `]`, true},
		{"SessionList", "a page without a total", `{"data":[]}`, false},
		{"SessionRefresh", "a token", `{"object":"token","jwt":"a.b.c"}`, true},
		{"SessionRefresh", "cookies", `{"object":"cookies","cookies":["a=b"]}`, true},
		{"SessionRefresh", "a token called cookies", `{"object":"cookies","jwt":"a.b.c"}`, false},
		{"SessionRefresh", "no object", `{"jwt":"a.b.c"}`, false},
		{"HandshakePayload", "directives", `{"directives":["a=b"]}`, true},
		{"HandshakePayload", "no directives", `{"directives":[]}`, false},
		{"HandshakePayload", "cookies", `{"cookies":["a=b"]}`, false},
		{"RefreshSessionRequest", "the least", `{` + refresh + `}`, true},
		{
			"RefreshSessionRequest", "everything", `{` + refresh +
				`,"request_originating_ip":"d","request_headers":{"e":["f"],"g":[]},"format":"cookie"}`, true,
		},
		{"RefreshSessionRequest", "suffixed_cookies in the body", `{` + refresh + `,"suffixed_cookies":true}`, false},
		{"CreateTokenRequest", "nothing", `{}`, true},
		{"CreateTokenRequest", "30 seconds", `{"expires_in_seconds":30}`, true},
		{"CreateTokenRequest", "29 seconds", `{"expires_in_seconds":29}`, false},
		{"CreateTokenRequest", "10 years", `{"expires_in_seconds":315360000}`, true},
		{"CreateTokenRequest", "10 years and a second", `{"expires_in_seconds":315360001}`, false},
		{"SessionStatus", "pending", `"pending"`, true},
		{
			"ErrorAnswer", "an error", `{"errors":[{"code":"a","message":"b","long_message":"c","meta":{"param_name":"d"}}],` +
				`"clerk_trace_id":"e"}`, true,
		},
		{"ErrorAnswer", "no list", `{}`, false},
	} {
		t.Run(fmt.Sprint(row.schema, "/", row.name), func(t *testing.T) {
			t.Parallel()
			var value any
			if err := json.Unmarshal([]byte(row.value), &value); err != nil {
				t.Fatal(err)
			}
			err := document.Components.Schemas[row.schema].Value.VisitJSON(value)
			if (err == nil) != row.valid {
				t.Errorf("valid: %v, want %v: %v", err == nil, row.valid, err)
			}
		})
	}
}
