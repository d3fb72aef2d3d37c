package sessions_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// An apiCall is one way to send a request, with an answer that is good for it. The tests of what
// all calls have in common walk over apiCalls.
type apiCall struct {
	name      string // the method, and what is special about this use of it
	operation sessions.Operation
	answers   string // what it is answered: "session", "list", "token", "cookies" or "directives"
	once      bool   // sending it twice may do more than sending it once: a lost answer is ErrOutcomeUnknown
	good      string // the body of a good answer
	result    any    // what the call makes of it
	do        func(context.Context, *sessions.Client) (any, error)
}

var apiCalls = []apiCall{
	{
		name: "HandshakeCookies",
		operation: sessions.Operation{
			Name: "GetHandshakePayload", Method: "GET", PathTemplate: "/clients/handshake_payload",
		},
		answers: "directives", once: true, good: goodDirectives, result: &theCookies,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.HandshakeCookies(ctx, canaryNonce))
		},
	},
	{
		name: "List", operation: sessions.Operation{Name: "GetSessionList", Method: "GET", PathTemplate: "/sessions"},
		answers: "list", good: goodList,
		result: &sessions.SessionList{Data: []sessions.Session{theSession}, TotalCount: 7},
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.List(ctx, sessions.ListParams{UserID: "user_1"}))
		},
	},
	{
		name: "Create", operation: sessions.Operation{Name: "CreateSession", Method: "POST", PathTemplate: "/sessions"},
		answers: "session", once: true, good: goodSession, result: &theSession,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.Create(ctx, sessions.CreateParams{UserID: "user_1"}))
		},
	},
	{
		name:      "Get",
		operation: sessions.Operation{Name: "GetSession", Method: "GET", PathTemplate: "/sessions/{session_id}"},
		answers:   "session", good: goodSession, result: &theSession,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.Get(ctx, "sess_1"))
		},
	},
	{
		name: "RefreshToken",
		operation: sessions.Operation{
			Name: "RefreshSession", Method: "POST",
			PathTemplate: "/sessions/{session_id}/refresh",
		},
		answers: "token", once: true, good: goodToken, result: &theToken,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.RefreshToken(ctx, "sess_1", canaryRefreshParams()))
		},
	},
	{
		name: "RefreshCookies",
		operation: sessions.Operation{
			Name: "RefreshSession", Method: "POST",
			PathTemplate: "/sessions/{session_id}/refresh",
		},
		answers: "cookies", once: true, good: goodCookies, result: &theCookies,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.RefreshCookies(ctx, "sess_1", canaryRefreshParams()))
		},
	},
	{
		name: "Revoke",
		operation: sessions.Operation{
			Name: "RevokeSession", Method: "POST",
			PathTemplate: "/sessions/{session_id}/revoke",
		},
		answers: "session", good: goodSession, result: &theSession,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.Revoke(ctx, "sess_1"))
		},
	},
	{
		name: "Verify",
		operation: sessions.Operation{
			Name: "VerifySession", Method: "POST",
			PathTemplate: "/sessions/{session_id}/verify",
		},
		answers: "session", good: goodSession, result: &theSession,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.Verify(ctx, "sess_1", canaryToken))
		},
	},
	{
		name: "GetToken",
		operation: sessions.Operation{
			Name: "CreateSessionToken", Method: "POST",
			PathTemplate: "/sessions/{session_id}/tokens",
		},
		answers: "token", good: goodToken, result: &theToken,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.GetToken(ctx, "sess_1", sessions.TokenParams{}))
		},
	},
	{
		name: "GetToken from a template",
		operation: sessions.Operation{
			Name: "CreateSessionTokenFromTemplate", Method: "POST",
			PathTemplate: "/sessions/{session_id}/tokens/{template_name}",
		},
		answers: "token", good: goodToken, result: &theToken,
		do: func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.GetToken(ctx, "sess_1", sessions.TokenParams{Template: "hasura"}))
		},
	},
}

// callsNamed returns the calls of the given names, which are separated by commas.
func callsNamed(names string) []apiCall {
	return callsThat(func(c apiCall) string { return c.name }, names)
}

// callsAnswered returns the calls that are answered one of the given things, which are separated
// by commas.
func callsAnswered(things string) []apiCall {
	return callsThat(func(c apiCall) string { return c.answers }, things)
}

func callsThat(have func(apiCall) string, values string) (calls []apiCall) {
	for value := range strings.SplitSeq(values, ",") {
		if !slices.ContainsFunc(apiCalls, func(c apiCall) bool { return have(c) == value }) {
			panic("no call " + value)
		}
	}
	for _, c := range apiCalls {
		if slices.Contains(strings.Split(values, ","), have(c)) {
			calls = append(calls, c)
		}
	}
	return calls
}

// orNil returns a result so that a nil pointer is nil.
func orNil[T any](result *T, err error) (any, error) {
	if result == nil {
		return nil, err
	}
	return result, err
}

// canaryRefreshParams returns parameters whose every secret is a canary.
func canaryRefreshParams() sessions.RefreshParams {
	return sessions.RefreshParams{
		ExpiredToken:         canaryToken,
		RefreshToken:         canaryRefresh,
		RequestOrigin:        "https://app.example.com",
		RequestOriginatingIP: "192.0.2.1",
		RequestHeaders: http.Header{
			"cookie":        {"theme=dark; __session_abc=" + canaryCookie + "; other=" + canaryOtherCookie},
			"authorization": {"Bearer " + canaryToken},
		},
	}
}

const (
	goodSession = `{"object":"session","id":"sess_1","client_id":"client_1","user_id":"user_1","status":"pending",` +
		`"last_active_organization_id":"org_1","latest_activity":` + goodActivity + `,"actor":{"sub":"user_9","n":1},` +
		`"tasks":[{"key":"choose-organization"}],"last_active_at":1705530913248,"expire_at":1705530913249,` +
		`"abandon_at":1705530913250,"created_at":1705530913251,"updated_at":1705530913252}`
	goodActivity = `{"object":"session_activity","id":"act_1","device_type":"Macintosh","is_mobile":true,` +
		`"browser_name":"Chrome","browser_version":"120.0","ip_address":"192.0.2.7","city":"Lisbon","country":"PT"}`
	bareSession = `{"object":"session","id":"sess_2","client_id":"client_2","user_id":"user_1","status":"active",` +
		`"last_active_at":0,"expire_at":1,"abandon_at":0,"created_at":0,"updated_at":0}`
	goodList       = `{"data":[` + goodSession + `],"total_count":7}`
	goodToken      = `{"object":"token","jwt":"` + freshJWT + `"}`
	goodDirectives = `{"directives":["__session=` + freshJWT + `; Path=/","__client_uat=1705530913; Path=/"]}`
	goodCookies    = `{"object":"cookies","cookies":["__session=` + freshJWT +
		`; Path=/","__client_uat=1705530913; Path=/"]}`

	// A token that only the server knows until it answers.
	freshJWT = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJjYW5hcnkifQ.canary-fresh-canary-fresh-canary-fresh"
)

var (
	theSession = sessions.Session{
		ID:                       "sess_1",
		ClientID:                 "client_1",
		UserID:                   "user_1",
		Status:                   sessions.StatusPending,
		LastActiveOrganizationID: "org_1",
		LatestActivity: &sessions.Activity{
			ID: "act_1", DeviceType: "Macintosh", BrowserName: "Chrome", BrowserVersion: "120.0",
			IPAddress: "192.0.2.7", City: "Lisbon", Country: "PT", IsMobile: true,
		},
		Actor:        map[string]any{"sub": "user_9", "n": 1.0},
		Tasks:        []sessions.Task{{Key: "choose-organization"}},
		LastActiveAt: time.UnixMilli(1705530913248).UTC(),
		ExpireAt:     time.UnixMilli(1705530913249).UTC(),
		AbandonAt:    time.UnixMilli(1705530913250).UTC(),
		CreatedAt:    time.UnixMilli(1705530913251).UTC(),
		UpdatedAt:    time.UnixMilli(1705530913252).UTC(),
	}
	theBareSession = sessions.Session{
		ID:           "sess_2",
		ClientID:     "client_2",
		UserID:       "user_1",
		Status:       sessions.StatusActive,
		LastActiveAt: time.UnixMilli(0).UTC(),
		ExpireAt:     time.UnixMilli(1).UTC(),
		AbandonAt:    time.UnixMilli(0).UTC(),
		CreatedAt:    time.UnixMilli(0).UTC(),
		UpdatedAt:    time.UnixMilli(0).UTC(),
	}
	theToken   = sessions.Token{JWT: freshJWT}
	theCookies = sessions.Cookies{Directives: []string{
		"__session=" + freshJWT + "; Path=/",
		"__client_uat=1705530913; Path=/",
	}}
)

// edited returns a JSON object with another value for one field, or without the field for the
// value "".
func edited(object, field, value string) string {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		panic(err)
	}
	fields[field] = jsontext.Value(value)
	if value == "" {
		delete(fields, field)
	}
	text, err := json.Marshal(fields, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(text)
}
