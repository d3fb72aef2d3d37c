package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A revokeServer is a fake whose revocations a test can watch and answer, and which counts what it
// is asked.
type revokeServer struct {
	*sessionstest.Server
	takes    time.Duration                      // for one answer, in fake time
	onList   func(n int)                        // before the nth list is answered, from 1 on; may be nil
	onRevoke func(id string) (status int)       // before a session is revoked; what to answer instead, or 0; may be nil
	after    func(req *http.Request, lists int) // after each answer; may be nil

	mu    sync.Mutex
	lists int
	tried []string // session ids, in the order of the requests to revoke them
}

func newRevokeServer() *revokeServer {
	return &revokeServer{Server: sessionstest.NewServer(sessionstest.WithoutListener())}
}

// signIn adds a session of a user with an id and a status.
func (s *revokeServer) signIn(user, id string, status sessions.Status) {
	s.AddSession(sessionstest.Session{ID: id, UserID: user, ClientID: "client_of_" + user, Status: string(status)})
}

func (s *revokeServer) RoundTrip(req *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.takes):
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	if id, ok := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke"); ok {
		if status := s.revoke(id); status != 0 {
			return response(status, goodError), nil
		}
	} else {
		s.mu.Lock()
		s.lists++
		n := s.lists
		s.mu.Unlock()
		if s.onList != nil {
			s.onList(n)
		}
	}
	resp, err := s.HTTPClient().Transport.RoundTrip(req)
	if s.after != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.after(req, s.lists)
	}
	return resp, err
}

// revoke takes note of a request to revoke a session, and returns what to answer in place of the
// fake.
func (s *revokeServer) revoke(id string) (status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, id)
	if s.onRevoke != nil {
		status = s.onRevoke(id)
	}
	return status
}

// client returns a client of the server, without retries.
func (s *revokeServer) client(t *testing.T) *sessions.Client {
	once := sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1})
	return fakeClient(t, s.Server, sessions.WithHTTPClient(&http.Client{Transport: s}), once)
}

// revokedIDs and failedIDs return the ids that a result names, sorted.
func revokedIDs(result *sessions.RevokeAllResult) (ids []string) {
	for _, session := range result.Revoked {
		ids = append(ids, session.ID)
	}
	slices.Sort(ids)
	return ids
}

func failedIDs(result *sessions.RevokeAllResult) (ids []string) {
	for _, failure := range result.Failed {
		ids = append(ids, failure.SessionID)
	}
	slices.Sort(ids)
	return ids
}

// Which sessions are revoked, of those of two users.
func TestRevokeAll(t *testing.T) {
	t.Parallel()
	type params = sessions.RevokeAllParams
	const active, pending = sessions.StatusActive, sessions.StatusPending
	for _, row := range []struct {
		name   string
		params params
		want   []string
	}{
		{"a user's", params{UserID: "ann"}, []string{"ann_active_1", "ann_active_2", "ann_pending"}},
		{"a client's", params{ClientID: "client_of_bob"}, []string{"bob_active", "bob_pending"}},
		{"a user's who has none", params{UserID: "eve"}, nil},
		{
			"active ones",
			params{UserID: "ann", Statuses: []sessions.Status{active}},
			[]string{"ann_active_1", "ann_active_2"},
		},
		{"pending ones", params{UserID: "ann", Statuses: []sessions.Status{pending}}, []string{"ann_pending"}},
		{
			"a status that is named twice",
			params{UserID: "bob", Statuses: []sessions.Status{active, active}},
			[]string{"bob_active"},
		},
		{
			"all but one",
			params{UserID: "ann", Except: []string{"ann_active_1"}},
			[]string{"ann_active_2", "ann_pending"},
		},
		{
			"all but two",
			params{UserID: "ann", Except: []string{"ann_active_1", "ann_pending"}},
			[]string{"ann_active_2"},
		},
		{"all but all", params{UserID: "bob", Except: []string{"bob_active", "bob_pending"}}, nil},
		{
			"all but somebody else's",
			params{UserID: "bob", Except: []string{"ann_active_1", "nobodys"}},
			[]string{"bob_active", "bob_pending"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				for _, user := range []string{"ann", "bob"} {
					server.signIn(user, user+"_pending", pending)
					server.signIn(user, user+"_ended", sessions.StatusEnded)
					server.signIn(user, user+"_revoked", sessions.StatusRevoked)
				}
				server.signIn("ann", "ann_active_1", active)
				server.signIn("ann", "ann_active_2", active)
				server.signIn("bob", "bob_active", active)

				result, err := server.client(t).RevokeAll(t.Context(), row.params)
				if err != nil || len(result.Failed) > 0 {
					t.Errorf("failed: %v, %v", result.Failed, err)
				}
				if diff := cmp.Diff(row.want, revokedIDs(result)); diff != "" {
					t.Errorf("revoked (-want +got):\n%s", diff)
				}
				for _, session := range result.Revoked {
					if session.Status != sessions.StatusRevoked {
						t.Errorf("%s is %s", session.ID, session.Status)
					}
				}
				slices.Sort(server.tried)
				if diff := cmp.Diff(row.want, server.tried); diff != "" {
					t.Errorf("requests to revoke (-want +got):\n%s", diff)
				}
				if v := server.Violations(); len(v) > 0 {
					t.Errorf("violations: %v", v)
				}
			})
		})
	}
}

// Parameters that are wrong are found before anything is sent. There is a result even so.
func TestRevokeAllInvalidParams(t *testing.T) {
	t.Parallel()
	type params = sessions.RevokeAllParams
	const active = sessions.StatusActive
	for _, row := range []struct {
		name   string
		params params
	}{
		{"neither user nor client", params{}},
		{"neither user nor client, but statuses", params{Statuses: []sessions.Status{active}}},
		{"user and client", params{UserID: "ann", ClientID: "client_of_ann"}},
		{"negative concurrency", params{UserID: "ann", Concurrency: -1}},
		{"least concurrency", params{UserID: "ann", Concurrency: math.MinInt}},
		{
			"an empty status, which would stand for every one",
			params{UserID: "ann", Statuses: []sessions.Status{active, ""}},
		},
		{"an empty exception", params{UserID: "ann", Except: []string{""}}},
		{"an exception that cannot be an id", params{UserID: "ann", Except: []string{"ann_active_1", "sess_1/../x"}}},
		{"an exception with a space at its end", params{UserID: "ann", Except: []string{"ann_active_1 "}}},
		{"an exception that is too long", params{UserID: "ann", Except: []string{strings.Repeat("a", 257)}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := newRevokeServer()
			server.signIn("ann", "ann_active_1", active)
			result, err := server.client(t).RevokeAll(t.Context(), row.params)
			if !errors.Is(err, sessions.ErrInvalidParams) {
				t.Errorf("got %v, want ErrInvalidParams", err)
			}
			if diff := cmp.Diff(&sessions.RevokeAllResult{}, result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if n := len(server.Calls()); n > 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// A nil context and a client that was not made by NewClient are refused, and nothing panics.
func TestRevokeAllCarelessly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		client *sessions.Client
		ctx    context.Context
	}{
		{"nil context", newRevokeServer().client(t), nil},
		{"nil client", nil, t.Context()},
		{"zero client", &sessions.Client{}, t.Context()},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != nil {
					t.Errorf("RevokeAll panicked: %v", got)
				}
			}()
			result, err := row.client.RevokeAll(row.ctx, sessions.RevokeAllParams{UserID: "ann"})
			if result == nil || err == nil {
				t.Errorf("got %v, %v; want a result and an error", result, err)
			}
		})
	}
}

// People sign in meanwhile: RevokeAll looks again, three times at most.
func TestRevokeAllRounds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		signIns int // as soon as a session is revoked, somebody signs in anew, this many times
		revoked int
		lists   int // for two statuses
	}{
		{"nobody signs in", 0, 1, 4},
		{"one signs in", 1, 2, 6},
		{"two sign in", 2, 3, 6},
		{"they sign in over and over", 100, 3, 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				server.signIn("ann", "ann_0", sessions.StatusActive)
				signedIn := 0
				server.onRevoke = func(string) int {
					if signedIn < row.signIns {
						signedIn++
						server.signIn("ann", "ann_"+strconv.Itoa(signedIn), sessions.StatusPending)
					}
					return 0
				}
				result, err := server.client(t).RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "ann"})
				if err != nil || len(result.Revoked) != row.revoked || len(result.Failed) > 0 {
					t.Errorf("revoked %v, failed %v, %v; want %d revoked", revokedIDs(result), failedIDs(result),
						err, row.revoked)
				}
				if twice := repeated(server.tried); len(twice) > 0 {
					t.Errorf("revoked twice: %v", twice)
				}
				if server.lists != row.lists {
					t.Errorf("%d lists, want %d", server.lists, row.lists)
				}
			})
		})
	}
}

// One session's failure stops nothing. Each failed session is named once, and not tried again
// although it is still listed.
func TestRevokeAllFailures(t *testing.T) {
	t.Parallel()
	all := []string{"a", "b", "c", "d", "e"}
	for _, row := range []struct {
		name   string
		answer map[string]int // the status that is answered to a request to revoke a session
		want   []string       // the sessions that failed
		gone   []string       // the sessions that are neither revoked nor failed
		match  []error
	}{
		{"none", nil, nil, nil, nil},
		{"one", map[string]int{"c": 403}, []string{"c"}, nil, []error{sessions.ErrForbidden}},
		{"two, for different reasons", map[string]int{"a": 403, "e": 500}, []string{"a", "e"}, nil, []error{
			sessions.ErrForbidden, sessions.ErrServer,
		}},
		{"all", map[string]int{"a": 422, "b": 422, "c": 422, "d": 422, "e": 422}, all, nil, []error{
			sessions.ErrUnprocessable,
		}},
		{"one is gone meanwhile", map[string]int{"b": 404}, nil, []string{"b"}, nil},
		{"all are gone meanwhile", map[string]int{"a": 404, "b": 404, "c": 404, "d": 404, "e": 404}, nil, all, nil},
		{"one is gone and one failed", map[string]int{"b": 404, "d": 400}, []string{"d"}, []string{"b"}, []error{
			sessions.ErrBadRequest,
		}},
		{
			"a redirect is not a success",
			map[string]int{"a": 302},
			[]string{"a"},
			nil,
			[]error{sessions.ErrInvalidResponse},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				for _, id := range all {
					server.signIn("ann", id, sessions.StatusActive)
				}
				server.onRevoke = func(id string) int { return row.answer[id] }
				result, err := server.client(t).RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "ann"})

				if diff := cmp.Diff(row.want, failedIDs(result)); diff != "" {
					t.Errorf("failed (-want +got):\n%s", diff)
				}
				revoked := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return row.answer[id] != 0 })
				if diff := cmp.Diff(revoked, append([]string{}, revokedIDs(result)...)); diff != "" {
					t.Errorf("revoked (-want +got):\n%s", diff)
				}
				slices.Sort(server.tried)
				if diff := cmp.Diff(all, server.tried); diff != "" {
					t.Errorf("requests to revoke (-want +got):\n%s", diff)
				}
				if (err != nil) != (len(row.want) > 0) {
					t.Errorf("got error %v", err)
				}
				for _, match := range row.match {
					if !errors.Is(err, match) {
						t.Errorf("error %v does not match %v", err, match)
					}
				}
				for _, failure := range result.Failed {
					if !errors.Is(err, failure.Err) || !strings.Contains(err.Error(), failure.SessionID) {
						t.Errorf("error %v does not name the failure of %s, %v", err, failure.SessionID, failure.Err)
					}
				}
			})
		})
	}
}

// A session that is active after its revocation was not revoked, whatever the status of the answer
// is.
func TestRevokeAnsweredWithAnActiveSession(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status sessions.Status // of the session in the answer
		want   error
	}{
		{sessions.StatusActive, sessions.ErrInvalidResponse},
		{sessions.StatusRevoked, nil},
		{sessions.StatusEnded, nil},
		{sessions.StatusRemoved, nil},
		{sessions.StatusPending, nil},
		{"a status of tomorrow", nil},
	} {
		t.Run(string(row.status), func(t *testing.T) {
			t.Parallel()
			client := newClient(t, "https://clerk.test", through(func(*http.Request) (*http.Response, error) {
				return response(200, strings.Replace(listRow("s1"), "active", string(row.status), 1)), nil
			}))
			session, err := client.Revoke(t.Context(), "s1")
			if !errors.Is(err, row.want) || (session == nil) != (row.want != nil) {
				t.Errorf("got %v, %v; want %v", session, err, row.want)
			}
		})
	}
}

// Where a page holds a session of somebody else, nothing of that page is revoked, and the work
// ends.
func TestRevokeAllRowsOfOthers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		foreign int // the index of the session that is somebody else's
		revoked int
	}{
		{"on the first page", 499, 0},
		{"on the second page", 500, 500},
		{"on the last page", 1001, 1000},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var revoked []string
			client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
				if id, ok := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke"); ok {
					mu.Lock()
					defer mu.Unlock()
					revoked = append(revoked, id)
					return response(200, strings.Replace(listRow(id), "active", "revoked", 1)), nil
				}
				offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
				page := listPage(1002, part(numbered(1002), offset, 500)...)
				foreign := `"id":"s` + strconv.Itoa(row.foreign) + `","client_id":"c","user_id":`
				return response(200, strings.Replace(page, foreign+`"u"`, foreign+`"eve"`, 1)), nil
			}))
			result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
			if !errors.Is(err, sessions.ErrInvalidResponse) || len(result.Failed) > 0 {
				t.Errorf("got %v, failed %v", err, result.Failed)
			}
			if missed := missing(numbered(row.revoked), revoked); len(missed) > 0 || len(revoked) != row.revoked {
				t.Errorf("revoked %d, want the %d of the pages before", len(revoked), row.revoked)
			}
		})
	}
}

// Clerk's documentation has no filter for pending sessions. Where Clerk refuses that filter the
// others are revoked all the same.
func TestRevokeAllWithoutPending(t *testing.T) {
	t.Parallel()
	const active, pending = sessions.StatusActive, sessions.StatusPending
	for _, row := range []struct {
		name     string
		refused  sessions.Status
		with     int // the status that it is refused with
		statuses []sessions.Status
		want     []string // revoked
		err      error
	}{
		{"pending is refused", pending, 422, nil, []string{"a"}, nil},
		{"pending is refused, and named first", pending, 422, []sessions.Status{pending, active}, []string{"a"}, nil},
		{"pending is refused, and alone", pending, 422, []sessions.Status{pending}, nil, sessions.ErrUnprocessable},
		{"pending is forbidden", pending, 403, nil, []string{"a"}, sessions.ErrForbidden},
		{
			"pending is refused, and asked for twice", pending, 422,
			[]sessions.Status{pending, pending},
			nil,
			sessions.ErrUnprocessable,
		},
		{"active is refused", active, 422, nil, []string{"p"}, sessions.ErrUnprocessable},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := newRevokeServer()
			server.signIn("ann", "a", active)
			server.signIn("ann", "p", pending)
			client := fakeClient(t, server.Server, through(func(req *http.Request) (*http.Response, error) {
				if req.URL.Query().Get("status") == string(row.refused) {
					return response(row.with, goodError), nil
				}
				return server.RoundTrip(req)
			}))
			result, err := client.RevokeAll(t.Context(),
				sessions.RevokeAllParams{UserID: "ann", Statuses: row.statuses})
			if !errors.Is(err, row.err) {
				t.Errorf("got error %v, want %v", err, row.err)
			}
			if diff := cmp.Diff(row.want, revokedIDs(result)); diff != "" {
				t.Errorf("revoked (-want +got):\n%s", diff)
			}
		})
	}
}

// However many sessions cannot be revoked, the text of the error stays short. It matches every
// failure.
func TestRevokeAllErrorIsBounded(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		failed, shown int
		count         string
	}{
		{1, 1, ""},
		{10, 10, ""},
		{11, 10, "and 1 more"},
		{1000, 10, "and 990 more"},
	} {
		t.Run(strconv.Itoa(row.failed), func(t *testing.T) {
			t.Parallel()
			server := newRevokeServer()
			for i := range row.failed {
				server.signIn("ann", fmt.Sprintf("sess_%04d", i), sessions.StatusActive)
			}
			long := strings.Replace(goodError, `"message":"`, `"message":"`+strings.Repeat("long ", 10_000), 1)
			last := fmt.Sprintf("sess_%04d", 0) // the oldest is listed last
			client := fakeClient(t, server.Server, through(func(req *http.Request) (*http.Response, error) {
				switch {
				case strings.HasSuffix(req.URL.Path, last+"/revoke"):
					return response(403, long), nil
				case strings.HasSuffix(req.URL.Path, "/revoke"):
					return response(422, long), nil
				}
				return server.RoundTrip(req)
			}))
			result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "ann"})
			if len(result.Failed) != row.failed || !errors.Is(err, sessions.ErrForbidden) {
				t.Fatalf("failed %d, %v", len(result.Failed), err)
			}
			text := err.Error()
			if n := strings.Count(text, "session sess_"); n != row.shown || !strings.Contains(text, row.count) {
				t.Errorf("the error shows %d failures, want %d and %q: %s", n, row.shown, row.count, text)
			}
			if len(text) > 4096 {
				t.Errorf("the error has %d bytes", len(text))
			}
		})
	}
}

// A session whose user does what there was to do, between the lists of pending and of active
// sessions, is revoked.
func TestRevokeAllWhilePendingBecomesActive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := "pending"
		var revoked []string
		client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
			if id, ok := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke"); ok {
				revoked = append(revoked, id)
				return response(200, strings.Replace(listRow(id), "active", "revoked", 1)), nil
			}
			var rows []string
			if req.URL.Query().Get("status") == status && len(revoked) == 0 {
				rows = []string{"s0"}
			}
			status = "active" // from the first list on
			return response(200, listPage(len(rows), rows...)), nil
		}))
		result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
		if err != nil || len(result.Revoked) != 1 || len(revoked) != 1 {
			t.Errorf("revoked %v, %v", revoked, err)
		}
	})
}

// A filter that is refused after a page of pending sessions is not one that Clerk does not know.
func TestRevokeAllPendingFailsOnItsSecondPage(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		query := req.URL.Query()
		switch id, isRevoke := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke"); {
		case isRevoke:
			return response(200, strings.Replace(listRow(id), "active", "revoked", 1)), nil
		case query.Get("status") == "active":
			return response(200, listPage(0)), nil
		case query.Get("offset") != "":
			return response(422, goodError), nil
		}
		return response(200, listPage(600, numbered(500)...)), nil
	}))
	result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
	if !errors.Is(err, sessions.ErrUnprocessable) || len(result.Revoked) != 500 {
		t.Errorf("revoked %d, %v", len(result.Revoked), err)
	}
}

// A list that fails ends the work, once the other status is listed. What was done is in the result.
func TestRevokeAllListFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		failed int // which list
		lists  int
		want   []string
	}{
		{"the first, of pending sessions", 1, 2, []string{"a"}},
		{"the second, of active sessions", 2, 2, []string{"b"}},
		{"the first of the second round", 3, 4, []string{"a", "b"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				server.signIn("ann", "a", sessions.StatusActive)
				server.signIn("ann", "b", sessions.StatusPending)
				server.onList = func(n int) {
					if n == row.failed {
						server.Inject(sessionstest.Fault{Operation: "GetSessionList", Status: 403})
					}
				}
				result, err := server.client(t).RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "ann"})
				if !errors.Is(err, sessions.ErrForbidden) {
					t.Errorf("got error %v, want ErrForbidden", err)
				}
				if diff := cmp.Diff(row.want, revokedIDs(result)); diff != "" || len(result.Failed) > 0 {
					t.Errorf("failed %v; revoked (-want +got):\n%s", result.Failed, diff)
				}
				if server.lists != row.lists {
					t.Errorf("%d lists, want %d", server.lists, row.lists)
				}
			})
		})
	}
}

// A context that ends stops the work, and what was done so far is in the result. There is an error
// unless the work was done.
func TestRevokeAllCancelled(t *testing.T) {
	t.Parallel()
	errCause := errors.New("the request was aborted")
	for _, row := range []struct {
		name    string
		after   time.Duration // when the context is cancelled; 20 sessions are revoked two at a time, in 20 ms each
		revoked int
	}{
		{"before anything is sent", 0, 0},
		{"while the sessions are listed", 30 * time.Millisecond, 0},
		{"while the first are revoked", 50 * time.Millisecond, 0},
		{"while others are revoked", 90 * time.Millisecond, 4},
		{"while the last are revoked", 230 * time.Millisecond, 18},
		{"while it looks again", 250 * time.Millisecond, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				server.takes = 20 * time.Millisecond
				for i := range 20 {
					server.signIn("ann", "s"+strconv.Itoa(i), sessions.StatusActive)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				if row.after == 0 {
					cancel(errCause)
				}
				start := time.Now()
				time.AfterFunc(row.after, func() { cancel(errCause) })
				result, err := server.client(t).RevokeAll(ctx, sessions.RevokeAllParams{UserID: "ann", Concurrency: 2})
				if !errors.Is(err, context.Canceled) || !errors.Is(err, errCause) {
					t.Errorf("got error %v, want one that matches the context's error and its cause", err)
				}
				if took := time.Since(start); took != row.after {
					t.Errorf("returned after %v, want %v", took, row.after)
				}
				if len(result.Revoked) != row.revoked {
					t.Errorf("revoked %v, want %d", revokedIDs(result), row.revoked)
				}
				if twice := repeated(append(revokedIDs(result), failedIDs(result)...)); len(twice) > 0 {
					t.Errorf("named twice: %v", twice)
				}
				if busy := busyGoroutines(); len(busy) > 0 {
					t.Errorf("goroutines are still at work:\n%s", strings.Join(busy, "\n\n"))
				}
				calls := len(server.Calls())
				time.Sleep(time.Minute)
				if more := len(server.Calls()) - calls; more > 0 {
					t.Errorf("%d requests after the return", more)
				}
			})
		})
	}
}

// A context may end at a moment when no request is waiting for it: the work is not done even so,
// and that is an error.
func TestRevokeAllCancelledBetweenRequests(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		cancels func(req *http.Request, lists int) bool // after the answer to this request
		most    int                                     // sessions that can be revoked
	}{
		{"after the last list", func(_ *http.Request, lists int) bool { return lists == 2 }, 0},
		{"after the first revocation", func(req *http.Request, _ int) bool { return req.Method == http.MethodPost }, 2},
	} {
		for _, concurrency := range []int{1, 2, 100} {
			t.Run(row.name+", concurrency "+strconv.Itoa(concurrency), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := newRevokeServer()
					for i := range 20 {
						server.signIn("ann", "s"+strconv.Itoa(i), sessions.StatusActive)
					}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					server.after = func(req *http.Request, lists int) {
						if row.cancels(req, lists) {
							cancel()
						}
					}
					result, err := server.client(t).RevokeAll(ctx,
						sessions.RevokeAllParams{UserID: "ann", Concurrency: concurrency})
					if len(result.Revoked) < 20 && !errors.Is(err, context.Canceled) {
						t.Errorf("%d of 20 sessions are revoked, and the error is %v", len(result.Revoked), err)
					}
				})
			})
		}
	}
}

// At most so many requests are in flight, and so many are if there is enough to do.
func TestRevokeAllConcurrency(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name              string
		concurrency, want int
	}{
		{"8 unless set", 0, 8},
		{"1", 1, 1},
		{"3", 3, 3},
		{"more than there are sessions", math.MaxInt, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRevokeServer()
				for i := range 20 {
					server.signIn("ann", "s"+strconv.Itoa(i), sessions.StatusActive)
				}
				var mu sync.Mutex
				var inFlight, most int
				client := fakeClient(t, server.Server, through(func(req *http.Request) (*http.Response, error) {
					mu.Lock()
					inFlight++
					most = max(most, inFlight)
					mu.Unlock()
					time.Sleep(20 * time.Millisecond)
					mu.Lock()
					inFlight--
					mu.Unlock()
					return server.RoundTrip(req)
				}))
				result, err := client.RevokeAll(t.Context(),
					sessions.RevokeAllParams{UserID: "ann", Concurrency: row.concurrency})
				if err != nil || len(result.Revoked) != 20 {
					t.Errorf("revoked %d, %v", len(result.Revoked), err)
				}
				if most != row.want {
					t.Errorf("%d requests were in flight at once, want %d", most, row.want)
				}
			})
		})
	}
}

// To revoke 1000 sessions at 20 ms a request takes less than 0.15 of the time that one after
// another takes.
func TestRevokeAllIsFast(t *testing.T) {
	const total = 1000
	answer := func(req *http.Request, left *int) *http.Response {
		if id, ok := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke"); ok {
			*left--
			return response(200, strings.Replace(listRow(id), "active", "revoked", 1))
		}
		query := req.URL.Query()
		offset, _ := strconv.Atoi(query.Get("offset"))
		ids := numbered(total)[:max(0, *left)]
		if query.Get("status") == "pending" {
			ids = nil
		}
		return response(200, listPage(len(ids), part(ids, offset, 500)...))
	}
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		left := total
		client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
			time.Sleep(20 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			return answer(req, &left), nil
		}))
		start := time.Now()
		result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
		if err != nil || len(result.Revoked) != total {
			t.Fatalf("revoked %d, %v", len(result.Revoked), err)
		}
		together := time.Since(start)

		left = total
		start = time.Now()
		ids, err := collected(client.All(t.Context(), sessions.ListParams{UserID: "u", Status: sessions.StatusActive}))
		if err != nil || len(ids) != total {
			t.Fatalf("listed %d, %v", len(ids), err)
		}
		for _, id := range ids {
			if _, err := client.Revoke(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		apart := time.Since(start)

		ratio := float64(together) / float64(apart)
		t.Logf("RevokeAll %v, one after another %v: %.3f", together, apart, ratio)
		if ratio > 0.15 {
			t.Errorf("RevokeAll takes %.3f of the time of one after another, want 0.15 at most", ratio)
		}
	})
}

// A transport that panics does so in the goroutine of the caller, who may recover, whatever the call.
func TestPanicReachesTheCaller(t *testing.T) {
	t.Parallel()
	page := listPage(1, "sess_1")
	for name, r := range map[string]struct {
		panics string // method of the requests that panic
		call   func(*sessions.Client)
	}{
		"Get": {"GET", func(c *sessions.Client) { _, _ = c.Get(t.Context(), "sess_1") }},
		"All": {"GET", func(c *sessions.Client) {
			for range c.All(t.Context(), sessions.ListParams{}) {
			}
		}},
		"RevokeAll, of a list": {"GET", func(c *sessions.Client) {
			_, _ = c.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
		}},
		"RevokeAll, of a revoke": {"POST", func(c *sessions.Client) {
			_, _ = c.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := sessions.NewClient(canaryKey, through(func(req *http.Request) (*http.Response, error) {
				if req.Method == r.panics {
					panic("a bug")
				}
				return response(200, page), nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if got := recover(); got != "a bug" {
					t.Errorf("recovered %v", got)
				}
			}()
			r.call(client)
		})
	}
}

// A transport that ends its goroutine, as a test's Fatal does, is a failure of what it was asked for.
func TestGoexitOfATransport(t *testing.T) {
	t.Parallel()
	page := listPage(1, "sess_1")
	for _, method := range []string{"GET", "POST"} {
		client, err := sessions.NewClient(canaryKey, through(func(req *http.Request) (*http.Response, error) {
			if req.Method == method {
				runtime.Goexit()
			}
			return response(200, page), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if result, err := client.RevokeAll(t.Context(), sessions.RevokeAllParams{UserID: "u"}); err == nil {
			t.Errorf("%s: no error, and %+v", method, result)
		}
	}
}
