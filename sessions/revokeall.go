package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

const (
	revokeRounds      = 3
	revokeConcurrency = 8
)

// RevokeAllParams says whose sessions to revoke: exactly one of UserID and ClientID, never a whole
// instance's.
type RevokeAllParams struct {
	UserID      string
	ClientID    string
	Statuses    []Status // which sessions; none = active and pending
	Except      []string // ids of sessions to keep, as in "sign out everywhere else"
	Concurrency int      // how many requests at a time; 0 = 8
}

// RevokeAllResult is what RevokeAll did. It names each session once; a session that was gone before
// it could be revoked is in neither list.
type RevokeAllResult struct {
	Revoked []Session
	Failed  []RevokeFailure
}

// RevokeFailure is a session that could not be revoked, and why.
type RevokeFailure struct {
	SessionID string
	Err       error
}

// RevokeAll revokes every session of a user or a client. It lists them, revokes them, and looks
// again for sessions that were started meanwhile, three times at most. One session's failure stops
// nothing and is not tried again; a session that is gone when it is to be revoked (ErrNotFound) is
// done. The result is there beside an error too: the error joins the failures, and whatever ended
// the work early.
//
// GET /sessions
// POST /sessions/{session_id}/revoke
func (c *Client) RevokeAll(ctx context.Context, params RevokeAllParams) (*RevokeAllResult, error) {
	result := &RevokeAllResult{}
	if err := params.check(); err != nil {
		return result, err
	}
	if len(params.Statuses) == 0 {
		params.Statuses = []Status{StatusActive, StatusPending}
	}
	done := make(map[string]bool) // by session id; the sessions to keep count as done
	for _, id := range params.Except {
		done[id] = true
	}
	var stopped error
	for range revokeRounds {
		var ids []string
		ids, stopped = c.collect(ctx, params, done)
		c.revokeEach(ctx, ids, params.Concurrency, result)
		if stopped == nil && ctx.Err() != nil {
			stopped = endedError(ctx, wire.RevokeSession)
		}
		if stopped != nil || len(ids) == 0 {
			break
		}
	}
	errs := []error{stopped}
	for _, failure := range result.Failed {
		errs = append(errs, fmt.Errorf("session %s: %w", failure.SessionID, failure.Err))
	}
	return result, errors.Join(errs...)
}

// collect returns the ids of the sessions that are to be revoked and are not done, and marks them
// as done. Beside an error it returns the ids that it found: they are revoked all the same.
func (c *Client) collect(
	ctx context.Context, params RevokeAllParams, done map[string]bool,
) (ids []string, err error) {
	for _, status := range params.Statuses {
		list := ListParams{UserID: params.UserID, ClientID: params.ClientID, Status: status}
		for session, err := range c.All(ctx, list) {
			if err != nil {
				return ids, err
			}
			if !done[session.ID] {
				done[session.ID] = true
				ids = append(ids, session.ID)
			}
		}
	}
	return ids, nil
}

// revokeEach revokes the sessions, several at a time, and notes the outcomes in the order of ids.
// A session that was not tried, because the context had ended, is not noted.
func (c *Client) revokeEach(
	ctx context.Context, ids []string, concurrency int, result *RevokeAllResult,
) {
	revoked, errs := make([]*Session, len(ids)), make([]error, len(ids))
	var group errgroup.Group
	group.SetLimit(cmp.Or(concurrency, revokeConcurrency))
	for i, id := range ids {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			revoked[i], errs[i] = c.Revoke(ctx, id)
			return nil
		})
	}
	_ = group.Wait() // every function returns nil: one failure stops nothing
	for i, id := range ids {
		switch {
		case revoked[i] != nil:
			result.Revoked = append(result.Revoked, *revoked[i])
		case errs[i] != nil && !errors.Is(errs[i], ErrNotFound):
			result.Failed = append(result.Failed, RevokeFailure{SessionID: id, Err: errs[i]})
		}
	}
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
