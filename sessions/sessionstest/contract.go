package sessionstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/go-json-experiment/json/jsontext"
)

// errNoBearer is the breach of the fragment's security requirement.
var errNoBearer = errors.New("no bearer key")

// checkRequest compares a request with its operation and returns every breach.
func (op *operation) checkRequest(x *exchange) []breach {
	var breaches []breach
	query, err := url.ParseQuery(x.request.URL.RawQuery)
	if err != nil {
		breaches = append(breaches,
			breach{where: "query", reason: "is not well-formed", status: http.StatusBadRequest})
	}
	for name := range query {
		if !op.takesQuery(name) {
			breaches = append(breaches,
				breach{where: "query", reason: "has a parameter that the operation does not have"})
		}
	}
	malformed := len(x.body) > 0 && !jsontext.Value(x.body).IsValid()
	if malformed {
		breaches = append(breaches,
			breach{where: "body", reason: "is not a JSON document", status: http.StatusBadRequest})
	}
	// JavaScript's and Go's encoders make null of nothing: that is no body.
	nothing := op.route.Operation.RequestBody == nil && string(bytes.TrimSpace(x.body)) == "null"
	input := x.validationInput(malformed || nothing)
	input.QueryParams = query
	found := openapi3filter.ValidateRequest(context.Background(), input)
	return append(breaches, requestBreaches(found)...)
}

func (op *operation) takesQuery(name string) bool {
	const in = openapi3.ParameterInQuery
	return op.route.Operation.Parameters.GetByInAndName(in, name) != nil ||
		op.route.PathItem.Parameters.GetByInAndName(in, name) != nil
}

// validationInput returns the request as kin-openapi wants it.
func (x *exchange) validationInput(withoutBody bool) *openapi3filter.RequestValidationInput {
	r := x.request.Clone(context.Background())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(x.body)), int64(len(x.body))
	return &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: x.params,
		Route:      x.op.route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody:                withoutBody,
			IncludeResponseStatus:             true,
			MultiError:                        true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error {
				if _, ok := bearer(x.request.Header); !ok {
					return errNoBearer
				}
				return nil
			},
		},
	}
}

// checkAnswer returns an error if the fragment does not allow the answer to its operation.
func (op *operation) checkAnswer(x *exchange, a answer) error {
	input := x.validationInput(true)
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 a.status,
		Header:                 a.header(),
		Options:                input.Options,
	}
	output.SetBodyBytes(a.body)
	err := openapi3filter.ValidateResponse(context.Background(), output)
	if err == nil {
		return nil
	}
	var schemaErr *openapi3.SchemaError
	if errors.As(err, &schemaErr) {
		return fmt.Errorf("%s: the answer %d is wrong at /%s: %s", op.name, a.status,
			strings.Join(schemaErr.JSONPointer(), "/"), reason(schemaErr))
	}
	return fmt.Errorf("%s: the answer %d is not one that the operation has", op.name, a.status)
}
