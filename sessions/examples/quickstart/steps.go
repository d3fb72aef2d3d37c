package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// step is one call. Its code is what run does, but that run keeps some results for the steps after it (= in place of :=); a test
// compares the two.
type step struct {
	chapter string // the heading above the step, if it is the first of its kind
	title   string
	code    string
	run     func(context.Context) (result []string, err error) // the result in words, and what is wrong with it
	unsent  bool                                               // the call is refused before anything is sent
}

// reading are the calls that change nothing.
func (t *tour) reading() []step {
	client, userID := t.client, t.userID
	var list *sessions.SessionList
	return []step{{
		chapter: "Read",
		title:   "List: a user's sessions, newest first",
		code:    `list, err := client.List(ctx, sessions.ListParams{UserID: userID, Limit: 3})`,
		run: func(ctx context.Context) (_ []string, err error) {
			list, err = client.List(ctx, sessions.ListParams{UserID: userID, Limit: 3})
			switch {
			case err != nil:
				return nil, err
			case len(list.Data) == 0:
				return nil, errors.New("the user has no sessions: sign in as that user, or name another")
			case slices.ContainsFunc(list.Data, func(x sessions.Session) bool { return x.UserID != userID }):
				return nil, errors.New("a session is another user's")
			case t.seeded != nil && (list.TotalCount != len(t.seeded) || !slices.Equal(ids(list.Data), t.seeded[:3])):
				return nil, errors.New("these are not the user's three newest sessions")
			}
			return append([]string{count(list)}, rows(list.Data, t.now())...), nil
		},
	}, {
		title: "Get: one session",
		code:  `session, err := client.Get(ctx, list.Data[0].ID)`,
		run: func(ctx context.Context) ([]string, error) {
			session, err := client.Get(ctx, list.Data[0].ID)
			return t.session(session, err, list.Data[0].Status)
		},
	}}
}

// changing are the calls that start, use and end a session.
func (t *tour) changing() []step {
	client, userID := t.client, t.userID
	var session *sessions.Session
	var token *sessions.Token
	return []step{{
		chapter: "Start, use and end a session",
		title:   "Create: a session without a sign-in, for tests; Clerk refuses it in production",
		code:    `session, err := client.Create(ctx, sessions.CreateParams{UserID: userID})`,
		run: func(ctx context.Context) (_ []string, err error) {
			session, err = client.Create(ctx, sessions.CreateParams{UserID: userID})
			return t.session(session, err, sessions.StatusActive)
		},
	}, {
		title: "GetToken: a session token",
		code:  `token, err := client.GetToken(ctx, session.ID, sessions.TokenParams{})`,
		run: func(ctx context.Context) (_ []string, err error) {
			token, err = client.GetToken(ctx, session.ID, sessions.TokenParams{})
			return t.token(token, err, time.Minute)
		},
	}, {
		title: "GetToken: one with claims of your own, from a JWT template, and good for longer",
		code: `
			custom, err := client.GetToken(ctx, session.ID, sessions.TokenParams{
				Template:  "reports",
				ExpiresIn: 10 * time.Minute,
			})`,
		run: func(ctx context.Context) ([]string, error) {
			custom, err := client.GetToken(ctx, session.ID, sessions.TokenParams{
				Template:  "reports",
				ExpiresIn: 10 * time.Minute,
			})
			return t.token(custom, err, 10*time.Minute)
		},
	}, {
		title: "Verify: the session of a token, if active; Clerk prefers that you check the signature",
		code:  `verified, err := client.Verify(ctx, session.ID, token.JWT)`,
		run: func(ctx context.Context) ([]string, error) {
			verified, err := client.Verify(ctx, session.ID, token.JWT) //nolint:staticcheck // deprecated upstream, and shown all the same
			return t.session(verified, err, sessions.StatusActive)
		},
	}, {
		title: "Revoke: end a session; its user has to sign in again",
		code:  `ended, err := client.Revoke(ctx, session.ID)`,
		run: func(ctx context.Context) ([]string, error) {
			ended, err := client.Revoke(ctx, session.ID)
			return t.session(ended, err, sessions.StatusRevoked)
		},
	}}
}

// refreshing are the calls that keep a browser signed in after its session token has expired.
func (t *tour) refreshing() []step {
	client := t.client
	return []step{{
		chapter: "A browser comes back after two minutes, with a session token that has expired",
		title:   "RefreshToken: a new token, for the server to work with",
		code: `
			fresh, err := client.RefreshToken(ctx, browser.SessionID, sessions.RefreshParams{
				ExpiredToken:  browser.SessionToken,
				RefreshToken:  browser.RefreshToken,
				RequestOrigin: "https://shop.example",
			})`,
		run: func(ctx context.Context) ([]string, error) {
			browser, err := t.comeBack()
			if err != nil {
				return nil, err
			}
			fresh, err := client.RefreshToken(ctx, browser.SessionID, sessions.RefreshParams{
				ExpiredToken:  browser.SessionToken,
				RefreshToken:  browser.RefreshToken,
				RequestOrigin: "https://shop.example",
			})
			return t.token(fresh, err, time.Minute)
		},
	}, {
		title: "RefreshCookies: the same for another browser, as cookies to hand on with cookies.AddTo(header)",
		code: `
			cookies, err := client.RefreshCookies(ctx, browser.SessionID, sessions.RefreshParams{
				ExpiredToken:    browser.SessionToken,
				RefreshToken:    browser.RefreshToken,
				RequestOrigin:   "https://shop.example",
				SuffixedCookies: true,
			})`,
		run: func(ctx context.Context) ([]string, error) {
			browser, err := t.comeBack()
			if err != nil {
				return nil, err
			}
			cookies, err := client.RefreshCookies(ctx, browser.SessionID, sessions.RefreshParams{
				ExpiredToken:    browser.SessionToken,
				RefreshToken:    browser.RefreshToken,
				RequestOrigin:   "https://shop.example",
				SuffixedCookies: true,
			})
			return t.cookies(cookies, err, time.Minute)
		},
	}}
}

// failing are calls that fail, as they should.
func (t *tour) failing() []step {
	client := t.client
	return []step{{
		chapter: "When something is wrong",
		title:   "An id that would lead to another endpoint never leaves",
		unsent:  true,
		code: `
			_, err := client.Get(ctx, "../users/x")
			invalid := errors.Is(err, sessions.ErrInvalidParams)`,
		run: func(ctx context.Context) ([]string, error) {
			_, err := client.Get(ctx, "../users/x")
			invalid := errors.Is(err, sessions.ErrInvalidParams)
			return []string{fmt.Sprintf("invalid is %t", invalid), fmt.Sprintf("err is %v", err)}, check(invalid, "the id should be refused")
		},
	}, {
		title: "A session that is not there",
		code: `
			_, err := client.Get(ctx, "sess_nobody")
			missing := errors.Is(err, sessions.ErrNotFound)`,
		run: func(ctx context.Context) ([]string, error) {
			_, err := client.Get(ctx, "sess_nobody")
			missing := errors.Is(err, sessions.ErrNotFound)
			return []string{fmt.Sprintf("missing is %t", missing), fmt.Sprintf("err is %v", err)}, check(missing, "there should be no such session")
		},
	}}
}
