package control

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is a served control API, whose exchanges are compared with control.yaml.
type api struct {
	in     *instance.Instance
	server *httptest.Server
	router routers.Router
	seen   map[string]bool // operationIds that were answered well
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func newAPI(t testing.TB) *api {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(Document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	in := instance.New("http://127.0.0.1:4010", instance.Settings{
		Users: 2, Sessions: 6, TokenLifetime: time.Minute,
	})
	mux := http.NewServeMux()
	mux.Handle(Prefix, Handler(in))
	mux.Handle("/", in.Handler(nil, io.Discard))
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return &api{in, server, router, map[string]bool{}}
}

// send sends a request to a path below Prefix. The answer has to be as control.yaml describes it, and so has the
// request, if it is answered well.
func (a *api) send(t testing.TB, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.server.URL+Prefix+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a.compare(t, req, body, resp, got)
	return reply{resp.StatusCode, resp.Header, string(got)}
}

func (a *api) compare(t testing.TB, req *http.Request, sent string, resp *http.Response, got []byte) {
	t.Helper()
	described := req.Clone(t.Context())
	described.URL.Scheme, described.URL.Host, described.Host = "", "", ""
	route, params, err := a.router.FindRoute(described)
	if err != nil {
		if resp.StatusCode < 400 {
			t.Errorf("%s %s is answered %d, and control.yaml has no such path: %v", req.Method, req.URL, resp.StatusCode, err)
		}
		return
	}
	described.Body = io.NopCloser(bytes.NewReader([]byte(sent)))
	input := &openapi3filter.RequestValidationInput{Request: described, PathParams: params, Route: route}
	if resp.StatusCode < 400 {
		a.seen[route.Operation.OperationID] = true
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s %s is answered well, and is not as described: %v", req.Method, req.URL, err)
		}
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
	}
	output.SetBodyBytes(got)
	if err := openapi3filter.ValidateResponse(t.Context(), output); err != nil {
		t.Errorf("%s %s: the answer is not as described: %v", req.Method, req.URL, err)
	}
}

// answered reads the body of a good answer.
func answered[T any](t testing.TB, r reply) T {
	t.Helper()
	var out T
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
