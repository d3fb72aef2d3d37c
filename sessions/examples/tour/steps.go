package main

import (
	"context"
	"errors"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// read takes the steps that change nothing.
func (t *tour) read(ctx context.Context) error {
	client, userID := t.client, t.userID
	t.printer.chapter("Read")

	t.step("List: one page of a user's sessions, newest first")
	list, err := client.List(ctx, sessions.ListParams{UserID: userID, Limit: 3})
	if err := t.got(t.list(list, err)); err != nil {
		return err
	}

	t.step("All: every session of a user, page after page, 500 a page")
	var all []sessions.Session
	for session, err := range client.All(ctx, sessions.ListParams{UserID: userID}) {
		if err != nil {
			return err
		}
		all = append(all, session)
	}
	if err := t.got(t.all(all)); err != nil {
		return err
	}

	t.step("Get: one session")
	session, err := client.Get(ctx, list.Data[0].ID)
	return t.got(t.session(session, err, list.Data[0].Status))
}

// change takes the steps that start, use and end a session.
func (t *tour) change(ctx context.Context) error {
	client, userID := t.client, t.userID
	t.printer.chapter("Start, use and end a session")

	t.step("Create: a session without a sign-in, for tests; Clerk refuses it in production")
	session, err := client.Create(ctx, sessions.CreateParams{UserID: userID})
	if err := t.got(t.session(session, err, sessions.StatusActive)); err != nil {
		return err
	}

	t.step("GetToken: a session token")
	token, err := client.GetToken(ctx, session.ID, sessions.TokenParams{})
	if err := t.got(t.token(token, err, time.Minute)); err != nil {
		return err
	}

	t.step("GetToken: one with claims of your own, from a JWT template, and good for longer")
	custom, err := client.GetToken(ctx, session.ID, sessions.TokenParams{
		Template:  "reports",
		ExpiresIn: 10 * time.Minute,
	})
	if err := t.got(t.token(custom, err, 10*time.Minute)); err != nil {
		return err
	}

	t.step("TokenCache: one request for a token, however often it is asked for")
	cache := sessions.NewTokenCache(client)
	minted, err := cache.GetToken(ctx, session.ID, sessions.TokenParams{})
	if err != nil {
		return err
	}
	kept, err := cache.GetToken(ctx, session.ID, sessions.TokenParams{})
	if err := t.got(t.sameToken(minted, kept, err)); err != nil {
		return err
	}

	t.step("Verify: the session of a token, if active; Clerk prefers that you check the signature")
	verified, err := client.Verify(ctx, session.ID, token.JWT) //nolint:staticcheck // deprecated
	if err := t.got(t.session(verified, err, sessions.StatusActive)); err != nil {
		return err
	}

	t.step("Revoke: end a session; its user has to sign in again")
	ended, err := client.Revoke(ctx, session.ID)
	return t.got(t.session(ended, err, sessions.StatusRevoked))
}

// refresh takes the steps that keep a browser signed in after its session token has expired.
func (t *tour) refresh(ctx context.Context) error {
	client := t.client
	t.printer.chapter("A browser comes back after two minutes, with a session token that has expired")

	browser := t.comeBack()
	t.step("RefreshToken: a new token, for the server to work with")
	fresh, err := client.RefreshToken(ctx, browser.SessionID, sessions.RefreshParams{
		ExpiredToken:  browser.SessionToken,
		RefreshToken:  browser.RefreshToken,
		RequestOrigin: "https://shop.example",
	})
	if err := t.got(t.token(fresh, err, time.Minute)); err != nil {
		return err
	}

	browser = t.comeBack()
	t.step("RefreshCookies: the same for another browser, as cookies to send on to it")
	cookies, err := client.RefreshCookies(ctx, browser.SessionID, sessions.RefreshParams{
		ExpiredToken:    browser.SessionToken,
		RefreshToken:    browser.RefreshToken,
		RequestOrigin:   "https://shop.example",
		SuffixedCookies: true,
	})
	return t.got(t.cookies(cookies, err, time.Minute))
}

// signOut takes the step that ends every session but one.
func (t *tour) signOut(ctx context.Context) error {
	client, userID, laptop := t.client, t.userID, t.seeded[0]
	t.printer.chapter("Sign out everywhere else")

	t.step("RevokeAll: list a user's active and pending sessions, end them, and look again")
	result, err := client.RevokeAll(ctx, sessions.RevokeAllParams{
		UserID:      userID,
		Except:      []string{laptop},
		Concurrency: 1, // 8 unless set
	})
	return t.got(t.revoked(result, err))
}

// fail takes steps that fail, as they should.
func (t *tour) fail(ctx context.Context) error {
	client := t.client
	t.printer.chapter("When something is wrong")

	t.step("An id that would lead to another endpoint never leaves")
	_, err := client.Get(ctx, "../users/x")
	invalid := errors.Is(err, sessions.ErrInvalidParams)
	if err := t.got(t.failed("invalid", invalid, err, 0)); err != nil {
		return err
	}

	t.step("A session that is not there")
	_, err = client.Get(ctx, "sess_nobody")
	missing := errors.Is(err, sessions.ErrNotFound)
	return t.got(t.failed("missing", missing, err, 1))
}
