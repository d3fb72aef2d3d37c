package sessionstest

import (
	"fmt"
	"net/http"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// refusal is an answer that says no, as Clerk says it.
type refusal struct {
	status     int
	retryAfter int // seconds; 0 is not sent
	items      []gen.ErrorItem
}

// refuse returns a refusal for a single reason. The texts must not quote the request.
func refuse(status int, code, message, longMessage string) *refusal {
	item := gen.ErrorItem{Code: code, Message: message, LongMessage: longMessage}
	return &refusal{status: status, items: []gen.ErrorItem{item}}
}

func notFound(longMessage string) *refusal {
	return refuse(http.StatusNotFound, "resource_not_found", "not found", longMessage)
}

func noSuchSession() *refusal {
	return notFound("There is no session with this id.")
}

func notActive(status int) *refusal {
	return refuse(status, "session_not_active", "session is not active",
		"The session is over or not yet active.")
}

func badToken(cause error) *refusal {
	return refuse(http.StatusUnauthorized, "session_token_invalid", "session token is invalid",
		"The session token cannot be used: "+cause.Error()+".")
}

func methodNotAllowed() *refusal {
	return refuse(http.StatusMethodNotAllowed, "method_not_allowed", "method not allowed",
		"This endpoint does not have this method.")
}

// badParameter refuses a request for one of its parameters.
func badParameter(name, code, message, longMessage string) *refusal {
	out := refuse(http.StatusUnprocessableEntity, code, message, longMessage)
	out.items[0].Meta = map[string]any{"param_name": name}
	return out
}

func malformedBody() *refusal {
	return refuse(http.StatusBadRequest, "request_body_invalid", "request body is invalid",
		"The request body is not the JSON document that this endpoint takes.")
}

func tooManyRequests(retryAfter int) *refusal {
	out := genericRefusal(http.StatusTooManyRequests)
	out.retryAfter = retryAfter
	return out
}

// genericRefusal returns the error that Clerk sends with a status of 400 or more when no other
// cause is known than the status.
func genericRefusal(status int) *refusal {
	switch status {
	case http.StatusUnauthorized:
		return refuse(status, "authentication_invalid", "Invalid authentication",
			"The credentials of the request cannot be used.")
	case http.StatusForbidden:
		return refuse(status, "authorization_invalid", "Unauthorized request",
			"This key may not do this.")
	case http.StatusNotFound:
		return notFound("The resource does not exist.")
	case http.StatusGone:
		return refuse(status, "resource_gone", "gone", "The endpoint is no longer offered.")
	case http.StatusTooManyRequests:
		const message = "Too many requests. Please try again in a bit."
		return refuse(status, "too_many_requests", message, message)
	}
	if status >= http.StatusInternalServerError {
		return refuse(status, "internal_clerk_error", "Oops, an unexpected error occurred",
			"There was an internal error on our servers.")
	}
	return refuse(status, "request_invalid", "request is invalid",
		fmt.Sprintf("The request cannot be served (%d).", status))
}
