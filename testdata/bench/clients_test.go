package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	clerksession "github.com/clerk/clerk-sdk-go/v2/session"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const secretKey = "sk_test_not_a_secret_not_a_secret_not_a_secret"

// A client does the same work as every other. Each call decodes its whole answer and fails if it is not the expected
// one.
type client struct {
	get, getToken, revoke, getMissing func(ctx context.Context) error
	list                              func(ctx context.Context, limit int) error
}

// A maker makes a client of a server. The transport is nil for the client as it comes.
type maker struct {
	name string
	make func(tb testing.TB, baseURL string, transport http.RoundTripper) client
}

var makers = []maker{
	{"clerk-sessions-go", newOurs},
	{"clerk-sdk-go", newClerkSDK},
	{"generated", newGenerated},
	{"floor", newFloor},
}

const missingID = "sess_missing"

var errWrong = errors.New("not the expected answer")

func unless(good bool) error {
	if good {
		return nil
	}
	return errWrong
}

func ours(tb testing.TB, baseURL string, transport http.RoundTripper) *sessions.Client {
	opts := []sessions.Option{sessions.WithBaseURL(baseURL + "/v1")}
	if transport != nil {
		opts = append(opts, sessions.WithHTTPClient(&http.Client{Transport: transport}))
	}
	c, err := sessions.NewClient(secretKey, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.CloseIdleConnections)
	return c
}

func newOurs(tb testing.TB, baseURL string, transport http.RoundTripper) client {
	c := ours(tb, baseURL, transport)
	return client{
		get: func(ctx context.Context) error {
			s, err := c.Get(ctx, sessionID)
			if err != nil {
				return err
			}
			return unless(s.ID == sessionID)
		},
		list: func(ctx context.Context, limit int) error {
			l, err := c.List(ctx, sessions.ListParams{UserID: userID, Limit: limit})
			if err != nil {
				return err
			}
			return unless(len(l.Data) == limit)
		},
		getToken: func(ctx context.Context) error {
			t, err := c.GetToken(ctx, sessionID, sessions.TokenParams{})
			if err != nil {
				return err
			}
			return unless(t.JWT != "")
		},
		revoke: func(ctx context.Context) error {
			s, err := c.Revoke(ctx, sessionID)
			if err != nil {
				return err
			}
			return unless(s.Status == sessions.StatusRevoked)
		},
		getMissing: func(ctx context.Context) error {
			_, err := c.Get(ctx, missingID)
			e, ok := errors.AsType[*sessions.Error](err)
			return unless(ok && e.StatusCode == 404 && e.HasCode("resource_not_found"))
		},
	}
}

func newClerkSDK(_ testing.TB, baseURL string, transport http.RoundTripper) client {
	config := clerk.BackendConfig{Key: clerk.String(secretKey), URL: clerk.String(baseURL + "/v1")}
	if transport != nil {
		config.HTTPClient = &http.Client{Transport: transport}
	}
	c := clerksession.NewClient(&clerk.ClientConfig{BackendConfig: config})
	return client{
		get: func(ctx context.Context) error {
			s, err := c.Get(ctx, sessionID)
			if err != nil {
				return err
			}
			return unless(s.ID == sessionID)
		},
		list: func(ctx context.Context, limit int) error {
			l, err := c.List(ctx, &clerksession.ListParams{
				ListParams: clerk.ListParams{Limit: clerk.Int64(int64(limit))},
				UserID:     clerk.String(userID),
			})
			if err != nil {
				return err
			}
			return unless(len(l.Sessions) == limit)
		},
		getToken: func(ctx context.Context) error {
			t, err := c.CreateToken(ctx, &clerksession.CreateTokenParams{ID: sessionID})
			if err != nil {
				return err
			}
			return unless(t.JWT != "")
		},
		revoke: func(ctx context.Context) error {
			s, err := c.Revoke(ctx, &clerksession.RevokeParams{ID: sessionID})
			if err != nil {
				return err
			}
			return unless(s.Status == "revoked")
		},
		getMissing: func(ctx context.Context) error {
			_, err := c.Get(ctx, missingID)
			e, ok := errors.AsType[*clerk.APIErrorResponse](err)
			return unless(ok && e.HTTPStatusCode == 404 && len(e.Errors) == 1 &&
				e.Errors[0].Code == "resource_not_found")
		},
	}
}

func newGenerated(tb testing.TB, baseURL string, transport http.RoundTripper) client {
	opts := []gen.ClientOption{gen.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+secretKey)
		return nil
	})}
	if transport != nil {
		opts = append(opts, gen.WithHTTPClient(&http.Client{Transport: transport}))
	}
	c, err := gen.NewClientWithResponses(baseURL+"/v1", opts...)
	if err != nil {
		tb.Fatal(err)
	}
	user, paginated := userID, true
	return client{
		get: func(ctx context.Context) error {
			r, err := c.GetSessionWithResponse(ctx, sessionID)
			if err != nil {
				return err
			}
			return unless(r.JSON200 != nil && r.JSON200.ID == sessionID)
		},
		list: func(ctx context.Context, limit int) error {
			r, err := c.GetSessionListWithResponse(ctx,
				&gen.GetSessionListParams{UserID: &user, Limit: &limit, Paginated: &paginated})
			if err != nil {
				return err
			}
			if r.JSON200 == nil {
				return errWrong
			}
			page, err := r.JSON200.AsSessionPage()
			if err != nil {
				return err
			}
			return unless(len(page.Data) == limit)
		},
		getToken: func(ctx context.Context) error {
			r, err := c.CreateSessionTokenWithBodyWithResponse(ctx, sessionID, "application/json", nil)
			if err != nil {
				return err
			}
			return unless(r.JSON200 != nil && r.JSON200.JWT != "")
		},
		revoke: func(ctx context.Context) error {
			r, err := c.RevokeSessionWithResponse(ctx, sessionID)
			if err != nil {
				return err
			}
			return unless(r.JSON200 != nil && r.JSON200.Status == gen.Revoked)
		},
		getMissing: func(ctx context.Context) error {
			r, err := c.GetSessionWithResponse(ctx, missingID)
			if err != nil {
				return err
			}
			return unless(r.JSON404 != nil && r.JSON404.Errors[0].Code == "resource_not_found")
		},
	}
}

// check makes every call of a client once, so that none is measured that does not work.
func (c client) check(b *testing.B) {
	b.Helper()
	for _, w := range works {
		if err := w.do(b.Context(), c); err != nil {
			b.Fatal(fmt.Errorf("%s: %w", w.name, err))
		}
	}
}
