package recorded

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// sending has the calls that make each method that sends send all that it can.
var sending = map[string][]func(context.Context, *sessions.Client, sessionstest.SignIn) error{
	"HandshakeCookies": {func(ctx context.Context, c *sessions.Client, _ sessionstest.SignIn) error {
		if _, err := c.HandshakeCookies(ctx, "a-nonce"); !errors.Is(err, sessions.ErrNotFound) {
			return fmt.Errorf("a nonce that nobody gave out: %w", err)
		}
		return nil
	}},
	"List": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.List(ctx, sessions.ListParams{})
		return err
	}},
	"All": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		var errs []error
		for _, err := range c.All(ctx, sessions.ListParams{}) {
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}},
	"Get": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.Get(ctx, in.SessionID)
		return err
	}},
	"Create": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.Create(ctx, sessions.CreateParams{UserID: "user_1"})
		return err
	}},
	"Revoke": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.Revoke(ctx, in.SessionID)
		return err
	}},
	"RevokeAll": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.RevokeAll(ctx, sessions.RevokeAllParams{UserID: "user_1"})
		return err
	}},
	"Verify": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.Verify(ctx, in.SessionID, in.SessionToken)
		return err
	}},
	"GetToken": {
		func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
			_, err := c.GetToken(ctx, in.SessionID, sessions.TokenParams{})
			return err
		},
		func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
			_, err := c.GetToken(ctx, in.SessionID, sessions.TokenParams{Template: "hasura"})
			return err
		},
	},
	"RefreshToken": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.RefreshToken(ctx, in.SessionID, browser{in.SessionID, in.SessionToken, in.RefreshToken}.refresh())
		return err
	}},
	"RefreshCookies": {func(ctx context.Context, c *sessions.Client, in sessionstest.SignIn) error {
		_, err := c.RefreshCookies(ctx, in.SessionID, browser{in.SessionID, in.SessionToken, in.RefreshToken}.refresh())
		return err
	}},
}

// The endpoints in the documentation of a method are those that it sends to, and together they are the fragment's.
func TestDocumentedEndpoints(t *testing.T) {
	documented := documentedEndpoints(t)
	operations := fragmentOperations(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(sending))); diff != "" {
		t.Errorf("the methods of Client that take a context (-), those that are called here (+):\n%s", diff)
	}
	var all []string
	for name, calls := range sending {
		t.Run(name, func(t *testing.T) {
			var sent []string
			for _, call := range calls {
				sent = append(sent, sentOperations(t, call)...)
			}
			slices.Sort(sent)
			sent = slices.Compact(sent)
			if diff := cmp.Diff(documented[name], sent); diff != "" {
				t.Errorf("the documentation of %s (-), what it sends (+):\n%s", name, diff)
			}
			for _, endpoint := range documented[name] {
				if operations[endpoint] == "" {
					t.Errorf("the fragment has no operation %s", endpoint)
				}
			}
		})
		all = append(all, documented[name]...)
	}
	for endpoint, name := range operations {
		if !slices.Contains(all, endpoint) {
			t.Errorf("no method documents %s: %s", name, endpoint)
		}
	}
}

// The operations that the chain knows are the fragment's.
func TestOperationsAreTheFragments(t *testing.T) {
	known := make(map[string]string)
	for _, op := range wire.Operations() {
		known[op.Method+" "+op.PathTemplate] = op.Name
	}
	if diff := cmp.Diff(fragmentOperations(t), known); diff != "" {
		t.Errorf("openapi/sessions.yaml (-), internal/wire (+):\n%s", diff)
	}
}

// fragmentOperations returns the names of the operations by their endpoints, as "GET /sessions".
func fragmentOperations(t *testing.T) map[string]string {
	t.Helper()
	operations := make(map[string]string)
	for path, item := range fragmentDocument(t).Paths.Map() {
		for method, op := range item.Operations() {
			operations[method+" "+path] = op.OperationID
		}
	}
	return operations
}

// sentOperations returns the endpoints of the operations that a call sends requests of.
func sentOperations(t *testing.T,
	call func(context.Context, *sessions.Client, sessionstest.SignIn) error,
) (sent []string) {
	t.Helper()
	fake := sessionstest.NewServer(sessionstest.WithoutListener())
	in := fake.SignIn("user_1")
	client := newClient(t, fake.SecretKey, fake.URL, func(req *http.Request) (*http.Response, error) {
		op, ok := sessions.OperationFromContext(req.Context())
		if !ok {
			t.Errorf("%s %s belongs to no operation", req.Method, req.URL.Path)
		}
		sent = append(sent, op.Method+" "+op.PathTemplate)
		return fake.HTTPClient().Transport.RoundTrip(req)
	})
	if err := call(t.Context(), client, in); err != nil {
		t.Error(err)
	}
	operations := fragmentOperations(t)
	for i, received := range fake.Calls() {
		if operations[sent[i]] != received.Operation {
			t.Errorf("sent as %s, received as %s", sent[i], received.Operation)
		}
	}
	return sent
}

// A roundTripper answers without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newClient returns a client that sends through a function, and nothing twice.
func newClient(t *testing.T, key, baseURL string, send roundTripper) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient(key,
		sessions.WithBaseURL(baseURL),
		sessions.WithHTTPClient(&http.Client{Transport: send}),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// response is a JSON answer.
func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

var endpointLine = regexp.MustCompile(`(?m)^(?:GET|POST|PUT|PATCH|DELETE) /\S*$`)

// documentedEndpoints returns the endpoints in the documentation of each exported method of Client that takes a
// context.
func documentedEndpoints(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	endpoints := make(map[string][]string)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || !method.Name.IsExported() || !isOfClient(method) || !takesContext(method) {
				continue
			}
			found := endpointLine.FindAllString(method.Doc.Text(), -1)
			slices.Sort(found)
			endpoints[method.Name.Name] = found
		}
	}
	return endpoints
}

func isOfClient(method *ast.FuncDecl) bool {
	if method.Recv == nil {
		return false
	}
	pointer, ok := method.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := pointer.X.(*ast.Ident)
	return ok && name.Name == "Client"
}

func takesContext(method *ast.FuncDecl) bool {
	params := method.Type.Params.List
	if len(params) == 0 {
		return false
	}
	selector, ok := params[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Context"
}
