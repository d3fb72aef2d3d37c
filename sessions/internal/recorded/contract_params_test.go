package recorded

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// sentParams are the parameters of each operation that has any, with every field set, and a call with them.
var sentParams = map[string]struct {
	params any
	call   func(context.Context, *sessions.Client) error
}{
	"GetSessionList": {everyListParam, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.List(ctx, everyListParam)
		return err
	}},
	"GetHandshakePayload": {struct{ Nonce string }{"a-nonce"}, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.HandshakeCookies(ctx, "a-nonce")
		return err
	}},
	"CreateSession": {everyCreateParam, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.Create(ctx, everyCreateParam)
		return err
	}},
	"VerifySession": {struct{ Token string }{"a token"}, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.Verify(ctx, "sess_1", "a token")
		return err
	}},
	"CreateSessionToken": {everyTokenParam, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.GetToken(ctx, "sess_1", sessions.TokenParams{ExpiresIn: everyTokenParam.ExpiresIn})
		return err
	}},
	"CreateSessionTokenFromTemplate": {everyTokenParam, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.GetToken(ctx, "sess_1", everyTokenParam)
		return err
	}},
	"RefreshSession": {everyRefreshParam, func(ctx context.Context, c *sessions.Client) error {
		_, err := c.RefreshToken(ctx, "sess_1", everyRefreshParam)
		return err
	}},
}

var (
	everyListParam = sessions.ListParams{
		ClientID: "client_1", UserID: "user_1", Status: "ended", Limit: 3, Offset: 4,
	}
	everyCreateParam  = sessions.CreateParams{UserID: "user_1", ActiveOrganizationID: "org_1"}
	everyTokenParam   = sessions.TokenParams{Template: "hasura", ExpiresIn: time.Minute}
	everyRefreshParam = sessions.RefreshParams{
		ExpiredToken:         "expired",
		RefreshToken:         "refresh",
		RequestOrigin:        "https://app.example.com",
		RequestOriginatingIP: "203.0.113.7",
		RequestHeaders:       http.Header{"accept": {"text/html"}},
		SuffixedCookies:      true,
	}
)

// Every field that a request may have is a parameter, and is sent with the parameter's value.
func TestParamsReachTheRequests(t *testing.T) {
	for path, item := range fragmentDocument(t).Paths.Map() {
		for _, op := range item.Operations() {
			row, ok := sentParams[op.OperationID]
			if !ok {
				row.call = func(ctx context.Context, c *sessions.Client) error {
					_, err := c.Get(ctx, "sess_1")
					return err
				}
			}
			t.Run(op.OperationID, func(t *testing.T) {
				fields := requestFields(op)
				if len(fields) > 0 && !ok {
					t.Fatalf("%s %s has fields, and no parameters here", path, op.OperationID)
				}
				params := make(map[string]string)
				if row.params != nil {
					checkEveryFieldSet(t, row.params)
					flatten(params, "", reflect.ValueOf(row.params))
				}
				sent := sentFields(t, row.call)
				for _, field := range fields {
					if unreachedFields[field.name] == "" {
						checkParam(t, field, sent, params)
					}
				}
			})
		}
	}
}

// requestFields returns what may be in the query and the body of an operation.
func requestFields(op *openapi3.Operation) (fields []schemaField) {
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInQuery {
			fields = append(fields, schemaField{name: op.OperationID + "." + p.Value.Name, property: p.Value.Name})
		}
	}
	if op.RequestBody != nil {
		ref := op.RequestBody.Value.Content.Get("application/json").Schema
		for property := range ref.Value.Properties {
			fields = append(fields, schemaField{name: schemaName(ref) + "." + property, property: property})
		}
	}
	return fields
}

// sentFields returns the text of everything in the query and the body of the request that a call sends, by its place.
func sentFields(t *testing.T, call func(context.Context, *sessions.Client) error) map[string]string {
	t.Helper()
	sent := make(map[string]string)
	client := newClient(t, recordedCast.key, sessions.DefaultBaseURL, func(req *http.Request) (*http.Response, error) {
		for name, values := range req.URL.Query() {
			sent[name] = values[0]
		}
		if req.Body == nil {
			return response(400, "{}"), nil
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		if len(body) > 0 {
			var document map[string]any
			if err := json.Unmarshal(body, &document); err != nil {
				t.Error(err)
			}
			for name, value := range document {
				flatten(sent, name, reflect.ValueOf(value))
			}
		}
		return response(400, "{}"), nil
	})
	_ = call(t.Context(), client) // the answer is not what is tested here
	return sent
}

// checkParam fails the test unless a field was sent, and all of it is as in the parameter of its name.
func checkParam(t *testing.T, field schemaField, sent, params map[string]string) {
	t.Helper()
	found := false
	for place, value := range sent {
		rest, ok := strings.CutPrefix(place, field.property)
		if !ok || rest != "" && rest[0] != '[' {
			continue
		}
		found = true
		param := ""
		for name := range params {
			if field.isNamed(lastField(name)) && strings.HasSuffix(name, rest) {
				param = name
			}
		}
		want := params[param]
		if d, err := time.ParseDuration(want); err == nil && want != "0" {
			want = fmt.Sprint(d.Seconds())
		}
		if param == "" || value != want {
			t.Errorf("%s is sent as %q, and the parameter %q is %q", field.name, value, param, want)
		}
	}
	if !found {
		t.Errorf("%s is not sent though every parameter is set", field.name)
	}
}

// checkEveryFieldSet fails the test when a field of params is zero: it would show nothing.
func checkEveryFieldSet(t *testing.T, params any) {
	t.Helper()
	v := reflect.ValueOf(params)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%T.%s is not set here", params, v.Type().Field(i).Name)
		}
	}
}
