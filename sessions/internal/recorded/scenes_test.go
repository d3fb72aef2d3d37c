package recorded

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A scene is a call whose one exchange is recorded, in testdata/recordings/clerk/NAME.yaml.
type scene struct {
	name   string
	status int // of the answer
	// variables without which it is not recorded from the live service: a browser or the dashboard knows them
	needs     []string
	onlyFake  string // why it is never recorded from the live service; "" for one that is
	unlike    string // a key to call with instead of the instance's
	opts      []sessions.Option
	creates   bool // it starts a session
	bareArray bool // the list is asked for without paginated=true, which our client always sends
	fault     sessionstest.Fault
	call      func(ctx context.Context, c *sessions.Client, on cast) (any, error)
}

// A cast is who and what the scenes are about.
type cast struct {
	key      string // the instance's secret key
	user     string // who has a browser session and sessions of this run
	client   string // holds session
	session  string // an active session
	token    string // of session
	doomed   string // a session that there is to be revoked
	revoked  string // a session that was
	template string // a JWT template
	nonce    string // of a handshake; nobody has used it yet
	browser  browser
}

// A browser is what one holds that has signed in, a while ago.
type browser struct{ session, expiredToken, refreshToken string }

// recordedCast has the names that stand in recordings for the cast of whatever they were recorded from.
var recordedCast = cast{
	key:      "sk_test_not_a_secret",
	user:     "user_recorded",
	client:   "client_recorded",
	session:  "sess_active",
	token:    "made-up.session.token",
	doomed:   "sess_doomed",
	revoked:  "sess_revoked",
	template: "hasura",
	nonce:    "made-up-nonce",
	browser:  browser{"sess_browser", "made-up.expired.token", "made-up-refresh-token"},
}

func (on cast) values() []string {
	return []string{
		on.key, on.user, on.client, on.session, on.token, on.doomed, on.revoked, on.template, on.nonce,
		on.browser.session, on.browser.expiredToken, on.browser.refreshToken,
	}
}

// renamed returns what puts the other cast's values in the place of this one's.
func (on cast) renamed(other cast) *strings.Replacer {
	var pairs []string
	for i, value := range on.values() {
		if value != "" {
			pairs = append(pairs, value, other.values()[i])
		}
	}
	return strings.NewReplacer(pairs...)
}

// refresh returns the parameters of a refresh.
func (b browser) refresh() sessions.RefreshParams {
	return sessions.RefreshParams{
		ExpiredToken:         b.expiredToken,
		RefreshToken:         b.refreshToken,
		RequestOrigin:        "https://app.example.com",
		RequestOriginatingIP: "203.0.113.7",
		RequestHeaders:       http.Header{"accept": {"text/html"}, "host": {"app.example.com"}},
	}
}

const (
	noSuchSession = "no call of the API makes such a session"
	onlyInjected  = "the service does not answer so at will"
	unknownID     = "sess_unknown"
)

var (
	needsBrowser  = []string{"CLERK_SESSION_ID", "CLERK_EXPIRED_TOKEN", "CLERK_REFRESH_TOKEN"}
	needsTemplate = []string{"CLERK_JWT_TEMPLATE"}
	needsNonce    = []string{"CLERK_HANDSHAKE_NONCE"}
)

var scenes = []scene{
	{name: "handshake", status: 200, needs: needsNonce, call: handshakeCookies},
	{
		name: "handshake-unknown-nonce", status: 404,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			on.nonce = "unknown-nonce"
			return handshakeCookies(ctx, c, on)
		},
	},

	{name: "list-page", status: 200, call: listClient},
	{name: "list-bare-array", status: 200, bareArray: true, call: listClient},
	{name: "list-nothing", status: 200, call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
		return c.List(ctx, sessions.ListParams{ClientID: on.client, Status: sessions.StatusReplaced, Limit: 500})
	}},
	{name: "list-wrong-key", status: 401, unlike: "sk_test_wrong", call: listClient},
	{
		name: "list-unknown-version", status: 400, opts: []sessions.Option{sessions.WithAPIVersion("2020-01-01")},
		call: listClient,
	},

	{
		name: "create", status: 200, creates: true,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.Create(ctx, sessions.CreateParams{UserID: on.user})
		},
	},
	{
		name: "create-in-organization", status: 200, creates: true,
		onlyFake: "the user would have to be a member of an organization",
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.Create(ctx, sessions.CreateParams{UserID: on.user, ActiveOrganizationID: "org_recorded"})
		},
	},
	{
		name: "create-unknown-user", status: 404,
		call: func(ctx context.Context, c *sessions.Client, _ cast) (any, error) {
			return c.Create(ctx, sessions.CreateParams{UserID: "user_unknown"})
		},
	},

	{name: "get", status: 200, call: getSession},
	{name: "get-impersonated", status: 200, onlyFake: noSuchSession, call: getNamed("sess_impersonated")},
	{name: "get-pending", status: 200, onlyFake: noSuchSession, call: getNamed("sess_pending")},
	{name: "get-unknown", status: 404, call: getNamed(unknownID)},
	{
		name: "get-forbidden", status: 403, onlyFake: onlyInjected, fault: sessionstest.Fault{Status: 403},
		call: getSession,
	},
	{
		name: "get-rate-limited", status: 429, onlyFake: "it would take a hundred requests",
		fault: sessionstest.Fault{Status: 429, RetryAfter: 7 * time.Second}, call: getSession,
	},
	{
		name: "get-unavailable", status: 503, onlyFake: onlyInjected,
		fault: sessionstest.Fault{Status: 503, RetryAfter: 2 * time.Second}, call: getSession,
	},

	{
		name: "revoke", status: 200, call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.Revoke(ctx, on.doomed)
		},
	},
	{
		name: "revoke-unknown", status: 404, call: func(ctx context.Context, c *sessions.Client, _ cast) (any, error) {
			return c.Revoke(ctx, unknownID)
		},
	},

	{name: "verify", status: 200, call: verify},
	{
		name: "verify-wrong-token", status: 401,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			on.token = "not-a-token"
			return verify(ctx, c, on)
		},
	},
	{
		name: "verify-gone", status: 410, onlyFake: "the service still has it for version 2024-10-01",
		fault: sessionstest.Fault{Status: 410}, call: verify,
	},

	{name: "token", status: 200, call: getToken(sessions.TokenParams{})},
	{name: "token-expires", status: 200, call: getToken(sessions.TokenParams{ExpiresIn: 2 * time.Minute})},
	{name: "token-of-revoked", status: 400, call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
		return c.GetToken(ctx, on.revoked, sessions.TokenParams{})
	}},
	{name: "token-template", status: 200, needs: needsTemplate, call: getTemplateToken(0)},
	{name: "token-template-expires", status: 200, needs: needsTemplate, call: getTemplateToken(time.Hour)},
	{
		name: "token-template-unknown-session", status: 404,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.GetToken(ctx, unknownID, sessions.TokenParams{Template: on.template})
		},
	},

	{
		name: "refresh-token", status: 200, needs: needsBrowser,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.RefreshToken(ctx, on.browser.session, on.browser.refresh())
		},
	},
	{
		name: "refresh-cookies", status: 200, needs: needsBrowser,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			return c.RefreshCookies(ctx, on.browser.session, on.browser.refresh())
		},
	},
	{
		name: "refresh-cookies-suffixed", status: 200, needs: needsBrowser,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			params := on.browser.refresh()
			params.SuffixedCookies = true
			return c.RefreshCookies(ctx, on.browser.session, params)
		},
	},
	{
		name: "refresh-token-wrong", status: 401, needs: needsBrowser,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			on.browser.refreshToken = "another-refresh-token"
			return c.RefreshToken(ctx, on.browser.session, on.browser.refresh())
		},
	},
	{
		name: "refresh-cookies-wrong", status: 401, needs: needsBrowser,
		call: func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
			on.browser.refreshToken = "another-refresh-token"
			return c.RefreshCookies(ctx, on.browser.session, on.browser.refresh())
		},
	},
}

func handshakeCookies(ctx context.Context, c *sessions.Client, on cast) (any, error) {
	return c.HandshakeCookies(ctx, on.nonce)
}

func listClient(ctx context.Context, c *sessions.Client, on cast) (any, error) {
	return c.List(ctx, sessions.ListParams{ClientID: on.client})
}

func getSession(ctx context.Context, c *sessions.Client, on cast) (any, error) {
	return c.Get(ctx, on.session)
}

func getNamed(id string) func(context.Context, *sessions.Client, cast) (any, error) {
	return func(ctx context.Context, c *sessions.Client, _ cast) (any, error) { return c.Get(ctx, id) }
}

func verify(ctx context.Context, c *sessions.Client, on cast) (any, error) {
	return c.Verify(ctx, on.session, on.token)
}

func getToken(params sessions.TokenParams) func(context.Context, *sessions.Client, cast) (any, error) {
	return func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
		return c.GetToken(ctx, on.session, params)
	}
}

func getTemplateToken(expiresIn time.Duration) func(context.Context, *sessions.Client, cast) (any, error) {
	return func(ctx context.Context, c *sessions.Client, on cast) (any, error) {
		return c.GetToken(ctx, on.session, sessions.TokenParams{Template: on.template, ExpiresIn: expiresIn})
	}
}

// play makes the scene's call through a transport and returns what the client does.
func (sc scene) play(ctx context.Context, rt http.RoundTripper, baseURL string, on cast) (any, error) {
	if sc.bareArray {
		rt = unpaginated{rt}
	}
	key := on.key
	if sc.unlike != "" {
		key = sc.unlike
	}
	opts := append([]sessions.Option{
		sessions.WithBaseURL(baseURL),
		sessions.WithHTTPClient(&http.Client{Transport: rt}),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}),
	}, sc.opts...)
	client, err := sessions.NewClient(key, opts...)
	if err != nil {
		return nil, err
	}
	return sc.call(ctx, client, on)
}

// unpaginated takes paginated=true out of the requests that go through it.
type unpaginated struct{ next http.RoundTripper }

func (u unpaginated) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	query.Del("paginated")
	req = req.Clone(req.Context())
	req.URL.RawQuery = query.Encode()
	return u.next.RoundTrip(req)
}
