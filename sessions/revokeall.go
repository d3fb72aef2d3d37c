package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

const revokeConcurrency = 8

// RevokeAllParams says whose sessions to revoke. Exactly one of UserID and ClientID has to be set:
// a whole instance's sessions cannot be revoked.
type RevokeAllParams struct {
	UserID      string
	ClientID    string
	Statuses    []Status // the states of the sessions to revoke; if empty, active and pending
	Except      []string // ids of sessions to keep, as in "sign out everywhere else"
	Concurrency int      // how many sessions are revoked at the same time; 8 if it is 0
}

func (p RevokeAllParams) check() error {
	switch {
	case (p.UserID == "") == (p.ClientID == ""):
		return invalid("RevokeAll takes a UserID or a ClientID, exactly one of them")
	case p.Concurrency < 0:
		return invalid("Concurrency %d is negative; 0 stands for %d", p.Concurrency, revokeConcurrency)
	case slices.Contains(p.Statuses, ""):
		return invalid("Statuses holds an empty status; none at all stands for active and pending")
	}
	for _, id := range p.Except {
		if err := checkSessionID(id); err != nil {
			return fmt.Errorf("%w (in Except)", err)
		}
	}
	return nil
}

// RevokeAllResult is what RevokeAll did. Each session is named once at most: a session that was
// gone before it could be revoked is in neither list.
type RevokeAllResult struct {
	Revoked []Session
	Failed  []RevokeFailure
}

// RevokeFailure is a session that could not be revoked, and why.
type RevokeFailure struct {
	SessionID string
	Err       error
}

// RevokeAll revokes every session of a user or a client. It lists the sessions, revokes them, and
// lists again for sessions that were started meanwhile, three times at most.
//
// A session that cannot be revoked does not stop the others and is not tried again. A session that
// is gone by then (ErrNotFound) is no failure. A list that fails ends the work, once the sessions
// that were found are revoked; if a page holds a session of another user or client than was asked
// for, nothing of that page is revoked. Where Clerk does not know pending as a state to list by
// (ErrUnprocessable to the first page), RevokeAll does without it.
//
// Tokens that were minted before stay good until they expire. A TokenCache hands out those it keeps
// until it is told to Forget the session, and so does a Fleet of package sessionfleet.
//
// The result is never nil, also beside an error. The error matches whatever ended the work early,
// and the error of each session that was not revoked; its text tells the first ten of these, and
// how many more there are.
//
// GET /sessions
//
// POST /sessions/{session_id}/revoke
func (c *Client) RevokeAll(ctx context.Context, params RevokeAllParams) (*RevokeAllResult, error) {
	result := &RevokeAllResult{}
	if err := params.check(); err != nil {
		return result, err
	}
	if len(params.Statuses) == 0 {
		params.Statuses = []Status{StatusPending, StatusActive} // the way that a session goes
	}
	done := make(map[string]bool) // the ids of sessions that were tried or are to be kept
	for _, id := range params.Except {
		done[id] = true
	}
	var stopped error
	for range 3 { // since sessions may start meanwhile
		var ids []string
		ids, stopped = c.collect(ctx, params, done)
		result.revoke(ctx, c, ids, params.Concurrency)
		if stopped == nil && ctx.Err() != nil {
			stopped = notTried(ctx, wire.RevokeSession)
		}
		if stopped != nil || len(ids) == 0 {
			break
		}
	}
	if len(result.Failed) == 0 {
		return result, stopped
	}
	return result, errors.Join(stopped, revokeFailures(result.Failed))
}

// collect returns the ids of the sessions that are to be revoked and are not done, and marks them.
// Errors come beside the ids that were found.
func (c *Client) collect(
	ctx context.Context, params RevokeAllParams, done map[string]bool,
) (ids []string, err error) {
	isOther := func(status Status) bool { return status != StatusPending }
	list := ListParams{UserID: params.UserID, ClientID: params.ClientID}
	for _, list.Status = range params.Statuses {
		found := false
		for session, failure := range c.All(ctx, list) {
			switch {
			case errors.Is(failure, ErrUnprocessable) && list.Status == StatusPending && !found &&
				slices.ContainsFunc(params.Statuses, isOther): // Clerk's documentation has no such filter
			case failure != nil:
				err = errors.Join(err, failure)
			case !done[session.ID]:
				done[session.ID] = true
				ids = append(ids, session.ID)
			}
			found = true
		}
	}
	return ids, err
}

// revoke revokes sessions, several at a time, and notes the outcomes in the order of ids. A session
// that was not tried, because the context had ended, is not noted.
func (r *RevokeAllResult) revoke(ctx context.Context, c *Client, ids []string, concurrency int) {
	revoked, errs := make([]*Session, len(ids)), make([]error, len(ids))
	panicked := make([]any, len(ids))
	var group errgroup.Group
	group.SetLimit(cmp.Or(concurrency, revokeConcurrency))
	for i, id := range ids {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			defer func() { panicked[i] = recover() }()
			errs[i] = errNoResult
			revoked[i], errs[i] = c.Revoke(ctx, id)
			return nil
		})
	}
	_ = group.Wait() // every function returns nil: one failure stops nothing
	for i, id := range ids {
		switch {
		case panicked[i] != nil:
			panic(panicked[i])
		case revoked[i] != nil:
			r.Revoked = append(r.Revoked, *revoked[i])
		case errs[i] != nil && !errors.Is(errs[i], ErrNotFound):
			r.Failed = append(r.Failed, RevokeFailure{SessionID: id, Err: errs[i]})
		}
	}
}

// revokeFailures is the error of a RevokeAll that could not revoke some sessions.
type revokeFailures []RevokeFailure

// Error returns a line for each of the first failures, and a line that counts the others.
func (f revokeFailures) Error() string {
	var lines []string
	for _, failure := range f[:min(len(f), 10)] {
		lines = append(lines, "session "+failure.SessionID+": "+oneLine(failure.Err.Error()))
	}
	if more := len(f) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more sessions that could not be revoked", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns why each of the sessions could not be revoked.
func (f revokeFailures) Unwrap() []error {
	errs := make([]error, len(f))
	for i, failure := range f {
		errs[i] = failure.Err
	}
	return errs
}
