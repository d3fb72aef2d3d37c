package ecosystem

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// notInSDK is the one field of a session that Clerk's Go SDK does not read.
var notInSDK = cmpopts.IgnoreFields(sessions.Session{}, "Tasks")

// compare makes both calls of a row and fails the test unless they return the same.
func compare(t *testing.T, c clients, r row) {
	t.Helper()
	theirs, err := r.theirs(t.Context(), c)
	ours, ourErr := r.ours(t.Context(), c)
	var want, got any
	if refused, ok := errors.AsType[*clerk.APIErrorResponse](err); ok {
		want, got = refusal(t, refused), ourRefusal(t, ourErr)
	} else if err != nil || ourErr != nil {
		t.Fatalf("Clerk's SDK: %v, our client: %v", err, ourErr)
	} else {
		want, got = plain(t, theirs), plain(t, ours)
	}
	if diff := cmp.Diff(want, got, notInSDK,
		cmpopts.IgnoreUnexported(sessions.Error{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Clerk's SDK (-), our client (+):\n%s", diff)
	}
}

// plain returns what a client returned in the types of ours, a token by its claims.
func plain(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case *clerk.Session:
		return session(t, v)
	case *sessions.Session:
		return *v
	case *clerk.SessionList:
		out := sessions.SessionList{TotalCount: int(v.TotalCount)}
		for _, s := range v.Sessions {
			out.Data = append(out.Data, session(t, s))
		}
		return out
	case *sessions.SessionList:
		return *v
	case *clerk.SessionToken:
		return claims(t, v.JWT)
	case *sessions.Token:
		return claims(t, v.JWT)
	}
	t.Fatalf("nothing is known of a %T", value)
	return nil
}

// session returns a session of the SDK as our client does.
func session(t *testing.T, s *clerk.Session) sessions.Session {
	t.Helper()
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	out := sessions.Session{
		ID: s.ID, ClientID: s.ClientID, UserID: s.UserID, Status: sessions.Status(s.Status),
		LastActiveOrganizationID: s.LastActiveOrganizationID,
		LastActiveAt:             at(s.LastActiveAt), ExpireAt: at(s.ExpireAt), AbandonAt: at(s.AbandonAt),
		CreatedAt: at(s.CreatedAt), UpdatedAt: at(s.UpdatedAt),
	}
	if a := s.LatestActivity; a != nil {
		out.LatestActivity = &sessions.Activity{
			ID: a.ID, DeviceType: *a.DeviceType, BrowserName: *a.BrowserName, BrowserVersion: *a.BrowserVersion,
			IPAddress: *a.IPAddress, City: *a.City, Country: *a.Country, IsMobile: a.IsMobile,
		}
	}
	if s.Actor != nil {
		if err := json.Unmarshal(s.Actor, &out.Actor); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// claims returns the claims of a token, its times from when it was issued, and without its id.
func claims(t *testing.T, text string) jwt.MapClaims {
	t.Helper()
	out := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(text, out); err != nil {
		t.Fatal(err)
	}
	issued, _ := out["iat"].(float64)
	for _, name := range []string{"exp", "nbf"} {
		at, _ := out[name].(float64)
		out[name] = at - issued
	}
	delete(out, "iat")
	delete(out, "jti")
	return out
}

// refusal returns an error of the SDK as our client does, without the trace id, which no two requests share.
func refusal(t *testing.T, e *clerk.APIErrorResponse) sessions.Error {
	t.Helper()
	if e.TraceID == "" {
		t.Error("Clerk's SDK: no trace id")
	}
	out := sessions.Error{StatusCode: e.HTTPStatusCode}
	if after := e.Response.Header.Get("Retry-After"); after != "" {
		seconds, err := time.ParseDuration(after + "s")
		if err != nil {
			t.Fatal(err)
		}
		out.RetryAfter = seconds
	}
	for _, d := range e.Errors {
		detail := sessions.ErrorDetail{Code: d.Code, Message: d.Message, LongMessage: d.LongMessage}
		if len(d.Meta) > 0 {
			if err := json.Unmarshal(d.Meta, &detail.Meta); err != nil {
				t.Fatal(err)
			}
		}
		out.Details = append(out.Details, detail)
	}
	return out
}

// ourRefusal returns of our client's error what refusal makes of the SDK's.
func ourRefusal(t *testing.T, err error) sessions.Error {
	t.Helper()
	e, ok := errors.AsType[*sessions.Error](err)
	if !ok {
		t.Fatalf("our client: %v, and Clerk's SDK fails", err)
	}
	if e.TraceID == "" {
		t.Error("our client: no trace id")
	}
	return sessions.Error{StatusCode: e.StatusCode, RetryAfter: e.RetryAfter, Details: e.Details}
}
