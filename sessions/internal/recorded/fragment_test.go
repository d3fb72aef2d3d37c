package recorded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"

	"github.com/clerk-sessions/clerk-sessions-go/openapi"
)

func fragmentDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Sessions)
	if err != nil {
		t.Fatalf("openapi/sessions.yaml: %v", err)
	}
	return doc
}

func fragmentRouter(t *testing.T) routers.Router {
	t.Helper()
	doc := fragmentDocument(t)
	doc.Servers = nil // recordings have the host that they were made from
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatalf("openapi/sessions.yaml: %v", err)
	}
	return router
}

// fragmentRoute returns the operation that a recorded request is for, and the parameters in its path.
func fragmentRoute(router routers.Router, i *cassette.Interaction) (*routers.Route, map[string]string, error) {
	u, err := url.Parse(i.Request.URL)
	if err != nil {
		return nil, nil, err
	}
	// The path stays escaped, so that an escaped slash is not taken for one between segments.
	path := strings.TrimPrefix(u.EscapedPath(), "/v1")
	route, params, err := router.FindRoute(&http.Request{Method: i.Request.Method, URL: &url.URL{Path: path}})
	if err != nil {
		return nil, nil, fmt.Errorf("no operation is %s %s: %w", i.Request.Method, path, err)
	}
	for name, value := range params {
		if params[name], err = url.PathUnescape(value); err != nil {
			return nil, nil, err
		}
	}
	return route, params, nil
}

// checkExchange returns how an exchange breaks the fragment. One without a status is a request alone.
func checkExchange(ctx context.Context, router routers.Router, i *cassette.Interaction) error {
	route, params, err := fragmentRoute(router, i)
	if err != nil {
		return err
	}
	req, err := i.GetHTTPRequest()
	if err != nil {
		return err
	}
	for name := range req.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("%s has no query parameter %s", route.Operation.OperationID, name)
		}
	}
	if i.Request.Body == "" {
		req.Body = http.NoBody
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    req,
		PathParams: params,
		Route:      route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus:             true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error {
				if !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ") {
					return errors.New("no bearer in the Authorization header")
				}
				return nil
			},
		},
	}
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		return oneLineError("request", err)
	}
	if i.Response.Code == 0 {
		return nil
	}
	return oneLineError("answer", openapi3filter.ValidateResponse(ctx, (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 i.Response.Code,
		Header:                 i.Response.Headers,
		Options:                input.Options,
	}).SetBodyBytes([]byte(i.Response.Body))))
}

// oneLineError says which side of an exchange is wrong, where and why, without the schema and the whole value that
// kin-openapi adds.
func oneLineError(side string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if schemaErr, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		for { // the innermost says what is wrong; those around it, which of several schemas
			inner, ok := errors.AsType[*openapi3.SchemaError](schemaErr.Origin)
			if !ok {
				break
			}
			schemaErr = inner
		}
		text = fmt.Sprintf("at /%s: %s", strings.Join(schemaErr.JSONPointer(), "/"), schemaErr.Reason)
	}
	if requestErr, ok := errors.AsType[*openapi3filter.RequestError](err); ok && requestErr.Parameter != nil {
		text = fmt.Sprintf("%s parameter %s: %s", requestErr.Parameter.In, requestErr.Parameter.Name, text)
	}
	return fmt.Errorf("%s: %s", side, strings.Join(strings.Fields(text), " "))
}
