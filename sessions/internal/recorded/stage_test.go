package recorded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A stage is where scenes are played to be recorded.
type stage struct {
	baseURL   string
	transport http.RoundTripper
	cast      cast
	fake      *sessionstest.Server // nil for the live service
	client    *sessions.Client     // to set a live stage, and to clear it
	made      []string             // ids of the sessions that were created for it
}

// newFakeStage returns a fake in the same state every time, ready for the scene.
func newFakeStage(ctx context.Context, sc scene) (*stage, error) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	fake := sessionstest.NewServer(sessionstest.WithoutListener(),
		sessionstest.WithClock(func() time.Time { return start }))
	on := recordedCast
	on.key = fake.SecretKey
	signIn := fake.SignIn(on.user)
	on.browser = browser{signIn.SessionID, signIn.SessionToken, signIn.RefreshToken}
	fake.Advance(5 * time.Minute) // the browser's token expires
	for _, session := range []sessionstest.Session{
		{
			ID:                       on.session,
			LastActiveOrganizationID: "org_recorded",
			LatestActivity: &sessionstest.Activity{
				DeviceType:     "iPhone",
				BrowserName:    "Safari",
				BrowserVersion: "19.0",
				IPAddress:      "203.0.113.7",
				City:           "Lisbon",
				Country:        "PT",
				IsMobile:       true,
			},
			CreatedAt:    start.Add(-3 * time.Hour),
			UpdatedAt:    start.Add(-2 * time.Hour),
			LastActiveAt: start.Add(-1 * time.Hour),
		},
		{ID: "sess_impersonated", Actor: map[string]any{"sub": "user_support"}},
		{ID: "sess_pending", Status: "pending", Tasks: []sessionstest.Task{{Key: "choose-organization"}}},
		{ID: on.doomed},
		{ID: on.revoked, Status: "revoked"},
	} {
		session.UserID, session.ClientID = on.user, on.client
		fake.AddSession(session)
		fake.Advance(time.Minute)
	}
	st := &stage{baseURL: fake.URL, transport: fake.HTTPClient().Transport, cast: on, fake: fake}
	if slices.Equal(sc.needs, needsNonce) {
		nonce, err := handshakeNonce(ctx, fake, signIn)
		if err != nil {
			return nil, err
		}
		st.cast.nonce = nonce
	}
	token, err := scene{call: getToken(sessions.TokenParams{})}.play(ctx, st.transport, st.baseURL, on)
	if err != nil {
		return nil, err
	}
	st.cast.token = token.(*sessions.Token).JWT
	if sc.fault != (sessionstest.Fault{}) {
		fake.Inject(sc.fault)
	}
	return st, nil
}

// handshakeNonce has a browser that is signed in go through a handshake, and returns the nonce that it brings back.
func handshakeNonce(ctx context.Context, fake *sessionstest.Server, signIn sessionstest.SignIn) (string, error) {
	query := url.Values{"redirect_url": {"https://app.example.com/"}, "format": {"nonce"}}
	for _, cookie := range signIn.Cookies {
		if cookie.Name == "__clerk_db_jwt" {
			query.Set(cookie.Name, cookie.Value)
		}
	}
	address := fake.FrontendAPI + "/v1/client/handshake?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := fake.HTTPClient().Transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		return "", err
	}
	return back.Query().Get("__clerk_handshake_nonce"), nil
}

// newLiveStage returns a stage on an instance for development, with sessions of its own making. The user is
// CLERK_USER_ID; what else is needed is up to each scene. Sessions that it did not create are neither listed nor
// changed.
func newLiveStage(ctx context.Context, baseURL string, rt http.RoundTripper, env func(string) string) (*stage, error) {
	on := cast{
		key:      env("CLERK_SECRET_KEY"),
		user:     env("CLERK_USER_ID"),
		template: env("CLERK_JWT_TEMPLATE"),
		nonce:    env("CLERK_HANDSHAKE_NONCE"),
		browser:  browser{env("CLERK_SESSION_ID"), env("CLERK_EXPIRED_TOKEN"), env("CLERK_REFRESH_TOKEN")},
	}
	switch {
	case !strings.HasPrefix(on.key, "sk_test_"):
		return nil, errors.New("CLERK_SECRET_KEY: recordings are made on an instance for development, whose key " +
			"starts with sk_test_")
	case on.user == "":
		return nil, errors.New("CLERK_USER_ID is not set: recordings need a user to create sessions for")
	}
	client, err := sessions.NewClient(on.key, sessions.WithBaseURL(baseURL),
		sessions.WithHTTPClient(&http.Client{Transport: rt}))
	if err != nil {
		return nil, err
	}
	st := &stage{baseURL: baseURL, transport: rt, client: client}
	if err := st.furnish(ctx, &on); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot set the stage: %w", err), st.clear(ctx))
	}
	st.cast = on
	return st, nil
}

// furnish creates the sessions of the cast.
func (st *stage) furnish(ctx context.Context, on *cast) error {
	for _, id := range []*string{&on.session, &on.doomed, &on.revoked} {
		session, err := st.client.Create(ctx, sessions.CreateParams{UserID: on.user})
		if err != nil {
			return err
		}
		st.made, *id = append(st.made, session.ID), session.ID
		if id == &on.session {
			on.client = session.ClientID
		}
	}
	token, err := st.client.GetToken(ctx, on.session, sessions.TokenParams{})
	if err != nil {
		return err
	}
	on.token = token.JWT
	_, err = st.client.Revoke(ctx, on.revoked)
	return err
}

// clear revokes every session that was created for the recording, and no other.
func (st *stage) clear(ctx context.Context) error {
	var errs []error
	for _, id := range st.made {
		_, err := st.client.Revoke(context.WithoutCancel(ctx), id)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
