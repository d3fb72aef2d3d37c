package sessionstest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// breach is one way in which a request or an answer breaks the fragment. Its texts name what the
// fragment names and quote nothing that was sent.
type breach struct {
	where  string // such as `query parameter "limit"`
	reason string
	status int           // what the request is refused with; 0: it is served nonetheless
	item   gen.ErrorItem // what the refusal says; empty unless it is about a parameter
}

// requestBreaches turns kin-openapi's error about a request into breaches in our own words.
func requestBreaches(err error) []breach {
	//nolint:errorlint // kin-openapi returns these types unwrapped; the cases take them apart
	switch err := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var all []breach
		for _, e := range err {
			all = append(all, requestBreaches(e)...)
		}
		return all
	case *openapi3filter.RequestError:
		//nolint:errorlint // kin-openapi returns this type unwrapped
		if several, ok := err.Err.(openapi3.MultiError); ok {
			var all []breach
			for _, e := range several {
				one := *err
				one.Err = e
				all = append(all, requestBreaches(&one)...)
			}
			return all
		}
		if err.Parameter != nil {
			return []breach{parameterBreach(err.Parameter, err.Err)}
		}
		return []breach{bodyBreach(err)}
	}
	return []breach{{where: "header Authorization", reason: errNoBearer.Error()}}
}

func parameterBreach(p *openapi3.Parameter, cause error) breach {
	b := breach{where: fmt.Sprintf("%s parameter %q", p.In, p.Name), reason: reason(cause)}
	switch p.In {
	case openapi3.ParameterInPath:
		b.status = http.StatusNotFound
	case openapi3.ParameterInQuery:
		b.status = http.StatusUnprocessableEntity
		b.item = parameterError(p.Name, cause)
	}
	return b // a bad API version has no status here: version refuses it, as it is not listed
}

func bodyBreach(err *openapi3filter.RequestError) breach {
	var schemaErr *openapi3.SchemaError
	switch {
	case errors.As(err.Err, &schemaErr):
		path := schemaErr.JSONPointer()
		b := breach{
			where:  "body",
			reason: reason(schemaErr),
			status: http.StatusUnprocessableEntity,
			item:   parameterError("", schemaErr),
		}
		if len(path) > 0 {
			// Only the first name is shown: deeper names may come from the request.
			b.where, b.item = "body at /"+path[0], parameterError(path[0], schemaErr)
		}
		return b
	case errors.Is(err.Err, openapi3filter.ErrInvalidRequired):
		return breach{where: "body", reason: "is missing", status: http.StatusBadRequest}
	case err.RequestBody == nil:
		return breach{where: "body", reason: "is not something that the operation takes"}
	}
	return breach{
		where:  "body",
		reason: "has another content type than application/json",
		status: http.StatusBadRequest,
	}
}

// reason returns why a value is wrong by err, without the value.
func reason(err error) string {
	var schemaErr *openapi3.SchemaError
	var parseErr *openapi3filter.ParseError
	switch {
	case errors.As(err, &schemaErr) && schemaErr.SchemaField == "properties":
		return "property is not one that the object has"
	case schemaErr != nil:
		return schemaErr.Reason
	case errors.As(err, &parseErr):
		return parseErr.Reason
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		return "value is empty"
	}
	return "value is missing"
}

// parameterError returns Clerk's words for a parameter that has a bad value.
func parameterError(name string, cause error) gen.ErrorItem {
	item := gen.ErrorItem{
		Code:        "form_param_format_invalid",
		Message:     "is invalid",
		LongMessage: strings.TrimSpace(name + " " + reason(cause)),
	}
	var schemaErr *openapi3.SchemaError
	if errors.As(cause, &schemaErr) {
		switch schemaErr.SchemaField {
		case "required":
			item.Code, item.Message = "form_param_missing", "is missing"
		case "properties":
			item.Code, item.Message = "form_param_unknown", "is unknown"
		case "nullable", "minLength":
			item.Code, item.Message = "form_param_nil", "is empty"
		case "minimum", "maximum", "enum":
			item.Code = "form_param_value_invalid"
		}
	}
	if name != "" {
		item.Meta = map[string]any{"param_name": name}
	}
	return item
}

// refusalFor refuses a request with the status of its first breach that has one, and lists all
// breaches of that status. It returns nil if no breach has a status.
func refusalFor(breaches []breach) *refusal {
	out := &refusal{}
	for _, b := range breaches {
		if b.status == 0 || out.status != 0 && out.status != b.status {
			continue
		}
		out.status = b.status
		if b.item.Code != "" {
			out.items = append(out.items, b.item)
		}
	}
	switch {
	case out.status == 0:
		return nil
	case out.status == http.StatusNotFound:
		return noSuchSession()
	case len(out.items) == 0:
		return malformedBody()
	}
	return out
}
