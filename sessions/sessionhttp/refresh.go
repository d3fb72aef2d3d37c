package sessionhttp

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refresh finds out what is to be done about a request, and does what can be done before it goes on.
func (r *Refresher) refresh(req *http.Request, v *visit, now time.Time) answer {
	out, expired := judge(req, v, now)
	if !expired {
		return answer{outcome: out}
	}
	return r.share(req, v, v.bearer)
}

// share refreshes the session of a request, or gets what another request for the same brings.
func (r *Refresher) share(req *http.Request, v *visit, bearer string) answer {
	a, err := r.ask(req, v)
	if err != nil {
		reason := reasonUndecodable
		if refused, ok := errors.AsType[*refusal](err); ok {
			reason = refused.reason
		}
		return answer{outcome: Outcome{Status: StatusNotEligible, Reason: reason, Err: err}}
	}
	p := &a.params
	k := r.shared.keys.key(a.sessionID, p.RefreshToken, p.ExpiredToken, p.RequestOrigin, strconv.FormatBool(p.SuffixedCookies), bearer)
	return r.shared.do(req.Context(), k, func(ctx context.Context) answer { return r.try(ctx, a, bearer) })
}

// try makes one refresh, if the tokens' signatures are right: that of the token which is sent, and that of the header's, which is
// the one that has expired.
func (r *Refresher) try(ctx context.Context, a ask, bearer string) answer {
	err := r.verify(ctx, a.params.ExpiredToken)
	if err == nil && bearer != "" && bearer != a.params.ExpiredToken {
		err = r.verify(ctx, bearer)
	}
	if err != nil {
		return answer{outcome: Outcome{Status: StatusNotEligible, Reason: reasonInvalidToken, Err: refuse(reasonInvalidToken, err)}}
	}
	if !r.shared.limit.allow(r.shared.keys.key(a.sessionID)) {
		return answer{outcome: Outcome{Status: StatusUnavailable, Reason: reasonRate, Err: errRate}}
	}
	cookies, err := r.shared.client.RefreshCookies(ctx, a.sessionID, a.params)
	if err != nil {
		return answer{outcome: failure(err)}
	}
	if cookies == nil {
		return badAnswer(errors.New("the client returned neither cookies nor an error"))
	}
	token, ok := cookies.SessionToken(r.instance.suffix)
	if !ok {
		return badAnswer(errors.New("none of the cookies is a session token"))
	}
	if err := r.verifyRefreshed(ctx, token.JWT, a.sessionID); err != nil {
		return badAnswer(err)
	}
	return answer{outcome: Outcome{Status: StatusRefreshed}, cookies: cookies, token: token.JWT}
}

// verifyRefreshed checks the token that Clerk answered, if there is something to check it with.
func (r *Refresher) verifyRefreshed(ctx context.Context, token, sessionID string) error {
	if len(r.verifiers) == 0 {
		return nil
	}
	if err := r.verify(ctx, token); err != nil {
		return err
	}
	if c, ok := decodeToken(token); ok && !fresh(c, sessionID, r.now()) {
		return errors.New("the refreshed token is another session's, or not good at this time")
	}
	return nil
}

// errBadAnswer is matched by an answer of Clerk's that cannot be handed on.
var errBadAnswer = errors.New("clerk: bad answer to a refresh")

// badAnswer is an answer that cannot be handed on.
func badAnswer(err error) answer {
	return answer{outcome: Outcome{Status: StatusUnavailable, Reason: reasonInvalidToken, Err: &badAnswerError{err}}}
}

type badAnswerError struct{ cause error }

func (e *badAnswerError) Error() string {
	return errBadAnswer.Error() + ": " + strings.TrimPrefix(e.cause.Error(), "clerk: ")
}

func (e *badAnswerError) Unwrap() []error { return []error{errBadAnswer, e.cause} }
