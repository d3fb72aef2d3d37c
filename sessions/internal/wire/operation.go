// Package wire is what a call passes through on its way out: the chain of small links between the
// generated client, which builds requests, and the http.RoundTripper, which sends them.
package wire

// Operation is what the chain has to know of an operation of the fragment.
type Operation struct {
	Name         string // the operationId
	Method       string
	PathTemplate string
	Repeatable   bool  // sending it twice does no more than sending it once
	MaxAnswer    int64 // the most bytes of a good answer, after decompression
}

const (
	maxObject = 1 << 20
	maxList   = 10 << 20
	maxError  = 64 << 10
)

// The paths of the operations, below the base URL.
const (
	list    = "/sessions"
	one     = "/sessions/{session_id}"
	refresh = one + "/refresh"
	revoke  = one + "/revoke"
	verify  = one + "/verify"
	tokens  = one + "/tokens"
	named   = tokens + "/{template_name}"
)

// The operations of the fragment, in its order.
var (
	GetSessionList     = &Operation{"GetSessionList", "GET", list, true, maxList}
	CreateSession      = &Operation{"CreateSession", "POST", list, false, maxObject}
	GetSession         = &Operation{"GetSession", "GET", one, true, maxObject}
	RefreshSession     = &Operation{"RefreshSession", "POST", refresh, false, maxObject}
	RevokeSession      = &Operation{"RevokeSession", "POST", revoke, true, maxObject}
	VerifySession      = &Operation{"VerifySession", "POST", verify, true, maxObject}
	CreateSessionToken = &Operation{"CreateSessionToken", "POST", tokens, true, maxObject}

	CreateSessionTokenFromTemplate = &Operation{
		"CreateSessionTokenFromTemplate", "POST", named, true, maxObject,
	}
)

// Operations returns every operation of the fragment, in its order.
func Operations() []*Operation {
	return []*Operation{
		GetSessionList, CreateSession, GetSession, RefreshSession, RevokeSession, VerifySession,
		CreateSessionToken, CreateSessionTokenFromTemplate,
	}
}
