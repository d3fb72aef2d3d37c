package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// check returns an error that says what is wrong, unless good.
func check(good bool, wrong string) error {
	if good {
		return nil
	}
	return errors.New(wrong)
}

// list describes a page of a user's sessions.
func (t *tour) list(list *sessions.SessionList, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	count := fmt.Sprintf("%d sessions", len(list.Data))
	if list.TotalCount >= 0 {
		count = fmt.Sprintf("%d of %d sessions", len(list.Data), list.TotalCount)
	}
	lines := append([]string{count}, rows(list.Data, t.now())...)
	switch {
	case len(list.Data) == 0:
		return lines, errors.New("the user has no sessions: sign in as that user, or name another")
	case t.seeded != nil && !slices.Equal(ids(list.Data), t.seeded[:3]):
		return lines, errors.New("these are not the user's three newest sessions")
	case t.seeded != nil && list.TotalCount != len(t.seeded):
		return lines, errors.New("the user has another number of sessions")
	}
	return lines, nil
}

// all describes every session of a user.
func (t *tour) all(all []sessions.Session) ([]string, error) {
	lines := []string{fmt.Sprintf("%d sessions: %s", len(all), strings.Join(ids(all), ", "))}
	good := t.seeded == nil || slices.Equal(ids(all), t.seeded)
	return lines, check(good, "these are not the user's sessions")
}

// revoked describes what RevokeAll did, which has to spare the first of the seeded sessions alone.
func (t *tour) revoked(result *sessions.RevokeAllResult, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	ended := ids(result.Revoked)
	lines := []string{fmt.Sprintf("%d sessions revoked: %s", len(ended), strings.Join(ended, ", "))}
	isEnded := func(id string) bool { return slices.Contains(ended, id) }
	spared := slices.DeleteFunc(slices.Clone(t.seeded), isEnded)
	good := slices.Equal(spared, t.seeded[:1])
	return lines, check(good, "every session but the first should be revoked")
}

func ids(list []sessions.Session) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].ID
	}
	return out
}

// session describes a session, which has to be the user's and in the state that is wanted.
func (t *tour) session(x *sessions.Session, err error, want sessions.Status) ([]string, error) {
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s of %s: %s", x.ID, x.UserID, state(x))
	if left := x.ExpireAt.Sub(t.now()); left > 0 && x.Status != sessions.StatusRevoked {
		text += ", ends in " + span(left) + " at the latest"
	}
	lines := []string{text}
	if x.LatestActivity != nil {
		lines = append(lines, "last used "+ago(t.now().Sub(x.LastActiveAt))+", "+device(x.LatestActivity))
	}
	if x.UserID != t.userID {
		return lines, errors.New("the session is another user's")
	}
	return lines, check(x.Status == want, "the session should be "+string(want))
}

// token says how long a token is good for, which has to be as wanted. It does not show the token.
func (t *tour) token(token *sessions.Token, err error, want time.Duration) ([]string, error) {
	if err != nil {
		return nil, err
	}
	expiry, ok := token.ExpiresAt()
	if !ok {
		return nil, errors.New("the token does not say when it expires")
	}
	left := expiry.Sub(t.now())
	lines := []string{"JWT, expires in " + span(left)}
	return lines, check(left == want, "the token should expire in "+span(want))
}

// sameToken says whether a cache has kept a token, which it has to.
func (t *tour) sameToken(minted, kept *sessions.Token, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	same := *minted == *kept
	lines := []string{fmt.Sprintf("kept is the token that was minted: %t", same)}
	return lines, check(same && len(t.sent()) == 1, "the cache should have kept the token")
}

// failed describes a call that has to fail after so many requests. The step's code says in a
// variable, whose name is given, whether the error is as it should be.
func (t *tour) failed(name string, good bool, err error, requests int) ([]string, error) {
	lines := []string{fmt.Sprintf("%s is %t", name, good), fmt.Sprintf("err is %v", err)}
	return lines, check(good && len(t.sent()) == requests, "this is not how the call should fail")
}

// cookies lists cookies without their values. The session token among them has to expire as wanted.
func (t *tour) cookies(cookies *sessions.Cookies, err error, want time.Duration) ([]string, error) {
	if err != nil {
		return nil, err
	}
	parsed, err := cookies.HTTPCookies()
	if err != nil {
		return nil, err
	}
	token, ok := cookies.SessionToken("")
	if !ok {
		return nil, errors.New("no cookie holds a session token")
	}
	lines, err := t.token(&token, nil, want)
	return append(columns(func(table io.Writer) {
		for _, cookie := range parsed {
			cookie.Value = ""
			cookie.Expires = time.Time{} // Max-Age says the same, and wins
			name, attributes, _ := strings.Cut(cookie.String(), "=; ")
			fmt.Fprintf(table, "%s\t%s\n", name, attributes)
		}
	}), "__session: "+strings.Join(lines, "")), err
}
