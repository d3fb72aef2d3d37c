package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
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
	"golang.org/x/sync/errgroup"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// maxListRequests is how many requests a listServer takes before it calls the walk endless.
const maxListRequests = 2000

// A listServer answers GetSessionList without a network. It counts what it does and what is not
// done with its answers.
type listServer struct {
	answer func(offset, limit int) (status int, body string)
	takes  time.Duration                  // for one answer
	delays func(offset int) time.Duration // on top; may be nil

	mu                     sync.Mutex
	asked                  []listRequest // in the order of their arrival
	inFlight, mostInFlight int
	openBodies             int
}

type listRequest struct{ Offset, Limit int }

func (s *listServer) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || query.Get("paginated") != "true" || req.URL.Path != "/v1/sessions" {
		return nil, fmt.Errorf("not a request for a page of a known size: %s", req.URL)
	}
	s.mu.Lock()
	s.asked = append(s.asked, listRequest{offset, limit})
	endless := len(s.asked) > maxListRequests
	s.inFlight++
	s.mostInFlight = max(s.mostInFlight, s.inFlight)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	if endless {
		return nil, errors.New("the walk has no end")
	}
	takes := s.takes
	if s.delays != nil {
		takes += s.delays(offset)
	}
	select {
	case <-time.After(takes):
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := s.answer(offset, limit)
	resp := response(status, "")
	s.openBodies++
	resp.Body = &countedBody{Reader: strings.NewReader(body), server: s}
	return resp, nil
}

// countedBody is a body that its server counts as open until it is closed.
type countedBody struct {
	io.Reader
	server *listServer
	once   sync.Once
}

func (b *countedBody) Close() error {
	b.once.Do(func() {
		b.server.mu.Lock()
		b.server.openBodies--
		b.server.mu.Unlock()
	})
	return nil
}

func (s *listServer) requests() []listRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// checkIdle reports what is still being done for a walk that has ended.
func (s *listServer) checkIdle(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight > 0 || s.openBodies > 0 {
		t.Errorf("%d requests are in flight and %d bodies are open", s.inFlight, s.openBodies)
	}
	if busy := busyGoroutines(); len(busy) > 0 {
		t.Errorf("goroutines are still at work:\n%s", strings.Join(busy, "\n\n"))
	}
}

// busyGoroutines returns the stacks of the other goroutines of the caller's bubble that are in the
// code of the client.
func busyGoroutines() (busy []string) {
	buf := make([]byte, 4<<20)
	all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") // the caller's comes first
	_, bubble, found := strings.Cut(strings.SplitN(all[0], "\n", 2)[0], "synctest bubble ")
	if !found {
		panic("busyGoroutines needs a bubble")
	}
	for _, stack := range all[1:] {
		head, frames, _ := strings.Cut(stack, "\n")
		if strings.HasSuffix(head, "synctest bubble "+bubble) &&
			strings.Contains(frames, "clerk-sessions-go/sessions.(*") {
			busy = append(busy, stack)
		}
	}
	return busy
}

// walker returns a client of the server.
func (s *listServer) walker(t *testing.T) *sessions.Client {
	return newClient(t, "https://clerk.test", sessions.WithHTTPClient(&http.Client{Transport: s}))
}

// listRow is a session as short as may be.
func listRow(id string) string {
	return `{"object":"session","id":"` + id + `","client_id":"c","user_id":"u","status":"active",` +
		`"last_active_at":1,"expire_at":1,"abandon_at":1,"created_at":1,"updated_at":1}`
}

// listPage is a page of a list, with a total.
func listPage(total int, ids ...string) string {
	return `{"data":` + listArray(ids...) + `,"total_count":` + strconv.Itoa(total) + `}`
}

// listArray is a bare array of sessions.
func listArray(ids ...string) string {
	rows := make([]string, len(ids))
	for i, id := range ids {
		rows[i] = listRow(id)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// numbered returns the ids s0, s1 … of n sessions.
func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "s" + strconv.Itoa(i)
	}
	return ids
}

// part returns at most limit ids from offset on.
func part(ids []string, offset, limit int) []string {
	from := min(offset, len(ids))
	return ids[from:min(from+limit, len(ids))]
}

// honest serves ids as Clerk does.
func honest(ids []string) func(int, int) (int, string) {
	return func(offset, limit int) (int, string) { return 200, listPage(len(ids), part(ids, offset, limit)...) }
}

// collected walks to the end, or to the first error.
func collected(walk iter.Seq2[sessions.Session, error]) (ids []string, err error) {
	for session, err := range walk {
		if err != nil {
			return ids, err
		}
		ids = append(ids, session.ID)
	}
	return ids, nil
}

// A walk asks for pages of the size it is told, from the offset it is told, and hands the sessions
// out in order.
func TestAllPages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		sessions int
		params   sessions.ListParams
		want     []listRequest // in any order
	}{
		{"none", 0, sessions.ListParams{}, []listRequest{{0, 500}}},
		{"one", 1, sessions.ListParams{}, []listRequest{{0, 500}}},
		{"a short page", 499, sessions.ListParams{}, []listRequest{{0, 500}}},
		{"a full page", 500, sessions.ListParams{}, []listRequest{{0, 500}, {500, 500}}},
		{"a page and one", 501, sessions.ListParams{}, []listRequest{{0, 500}, {500, 500}}},
		{"four pages", 1800, sessions.ListParams{}, []listRequest{{0, 500}, {500, 500}, {1000, 500}, {1500, 500}}},
		{"a page size", 7, sessions.ListParams{Limit: 3}, []listRequest{{0, 3}, {3, 3}, {6, 3}}},
		{"the least page size", 2, sessions.ListParams{Limit: 1}, []listRequest{{0, 1}, {1, 1}, {2, 1}}},
		{"a start", 7, sessions.ListParams{Offset: 4}, []listRequest{{4, 500}}},
		{"a start and a page size", 7, sessions.ListParams{Offset: 1, Limit: 3}, []listRequest{{1, 3}, {4, 3}, {7, 3}}},
		{"a start at the end", 7, sessions.ListParams{Offset: 7}, []listRequest{{7, 500}}},
		{"a start after the end", 7, sessions.ListParams{Offset: 1000}, []listRequest{{1000, 500}}},
		{"a start after every end", 7, sessions.ListParams{Offset: math.MaxInt}, []listRequest{{math.MaxInt, 500}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &listServer{answer: honest(numbered(row.sessions))}
				got, err := collectedOrPanic(t, server.walker(t).All(t.Context(), row.params))
				if err != nil {
					t.Fatal(err)
				}
				if want := part(numbered(row.sessions), row.params.Offset, row.sessions); !slices.Equal(got, want) {
					t.Errorf("got %d sessions %.60s, want %d", len(got), got, len(want))
				}
				asked := server.requests()
				slices.SortFunc(asked, func(a, b listRequest) int { return a.Offset - b.Offset })
				if diff := cmp.Diff(row.want, asked); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				server.checkIdle(t)
			})
		})
	}
}

// collectedOrPanic is collected for walks that may panic, which would end the tests of the whole
// package.
func collectedOrPanic(t *testing.T, walk iter.Seq2[sessions.Session, error]) (ids []string, err error) {
	t.Helper()
	defer func() {
		if got := recover(); got != nil {
			err = fmt.Errorf("the walk panicked: %v", got)
		}
	}()
	return collected(walk)
}

// The filters go with every page, and the fake agrees with what is sent.
func TestAllOfFake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := sessionstest.NewServer(sessionstest.WithoutListener())
		var want []string
		for i := range 25 {
			time.Sleep(time.Second) // the newest comes first
			session := server.AddSession(sessionstest.Session{
				UserID: "user_1",
				Status: []string{"active", "pending"}[i%2],
			})
			if session.Status == "active" {
				want = append([]string{session.ID}, want...)
			}
			server.AddSession(sessionstest.Session{})
		}
		params := sessions.ListParams{UserID: "user_1", Status: sessions.StatusActive, Limit: 5}
		got, err := collected(fakeClient(t, server).All(t.Context(), params))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("error %v; sessions (-want +got):\n%s", err, diff)
		}
		for _, call := range server.Calls() {
			if !strings.Contains(call.RawQuery, "user_id=user_1") || !strings.Contains(call.RawQuery, "status=active") {
				t.Errorf("a page was asked for without the filters: %s", call.RawQuery)
			}
		}
		if v := server.Violations(); len(v) > 0 {
			t.Errorf("violations: %v", v)
		}
	})
}

// The first two pages are fetched alone. From the second page on five are fetched ahead of the
// page that is handed out, and six at a time.
func TestAllFetchesAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pages, size = 40, 10
		server := &listServer{answer: honest(numbered(pages*size - 1)), takes: 20 * time.Millisecond}
		// requests that were made when the first session of each page was handed out, and some time had passed
		var got []int
		n := 0
		for _, err := range server.walker(t).All(t.Context(), sessions.ListParams{Limit: size}) {
			if err != nil {
				t.Fatal(err)
			}
			if n%size == 0 {
				time.Sleep(time.Second)
				got = append(got, len(server.requests()))
			}
			n++
		}
		for i, requests := range got {
			want := min(i+6, pages)
			if i == 0 {
				want = 1
			}
			if requests != want {
				t.Errorf("%d requests when page %d was handed out, want %d", requests, i, want)
			}
		}
	})
}

// A loop that waits for nothing keeps six requests in flight.
func TestAllFetchesSixAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &listServer{answer: honest(numbered(1000)), takes: 20 * time.Millisecond}
		if _, err := collected(server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10})); err != nil {
			t.Fatal(err)
		}
		if server.mostInFlight != 6 {
			t.Errorf("%d requests were in flight at once, want 6", server.mostInFlight)
		}
	})
}

// Pages that come in another order than they were asked for are handed out in theirs.
func TestAllKeepsOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ids := numbered(95)
		server := &listServer{answer: honest(ids), delays: func(offset int) time.Duration {
			return time.Duration(offset*37%90) * time.Millisecond
		}}
		got, err := collected(server.walker(t).All(t.Context(), sessions.ListParams{Limit: 5}))
		if err != nil || !slices.Equal(got, ids) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// Each range over the same value is a walk of its own, from the start, also at the same time.
func TestAllAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ids := numbered(25)
		server := &listServer{takes: time.Millisecond, answer: func(offset, limit int) (int, string) {
			return honest(ids)(offset, limit)
		}}
		walk := server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10})
		if n := len(server.requests()); n != 0 {
			t.Fatalf("%d requests before the first range", n)
		}
		var running sync.WaitGroup
		for range 3 {
			running.Go(func() {
				for range 2 {
					if got, err := collected(walk); err != nil || !slices.Equal(got, numbered(25)) {
						t.Errorf("got %v, %v", got, err)
					}
				}
			})
		}
		running.Wait()
		ids = ids[:3]
		if got, err := collected(walk); err != nil || !slices.Equal(got, ids) {
			t.Errorf("afterwards: got %v, %v; want what there is now", got, err)
		}
	})
}

// However a loop ends, nothing is being done for it when it has: no goroutine, no request, no open
// body.
func TestAllEnds(t *testing.T) {
	t.Parallel()
	errCause := errors.New("the user went away")
	type (
		cancel = context.CancelCauseFunc
		walk   = iter.Seq2[sessions.Session, error]
	)
	for _, row := range []struct {
		name string
		loop func(t *testing.T, cancel cancel, walk walk)
	}{
		{"at the end", func(t *testing.T, _ cancel, walk walk) {
			if _, err := collected(walk); err != nil {
				t.Error(err)
			}
		}},
		{"by break at the first session", func(t *testing.T, _ cancel, walk walk) {
			for _, err := range walk {
				if err != nil {
					t.Error(err)
				}
				break
			}
		}},
		{"by break while pages are being fetched", func(t *testing.T, _ cancel, walk walk) {
			n := 0
			for range walk {
				if n++; n == 25 {
					time.Sleep(30 * time.Millisecond)
					break
				}
			}
		}},
		{"by return of a pulled iterator", func(t *testing.T, _ cancel, walk walk) {
			next, stop := iter.Pull2(walk)
			defer stop()
			if _, err, ok := next(); err != nil || !ok {
				t.Errorf("got %v, %t", err, ok)
			}
		}},
		{"by a panic of the loop's body", func(t *testing.T, _ cancel, walk walk) {
			defer func() {
				if got := recover(); got != "enough" {
					t.Errorf("recovered %v", got)
				}
			}()
			for range walk {
				panic("enough")
			}
		}},
		{"by the end of its goroutine", func(t *testing.T, _ cancel, walk walk) {
			var running sync.WaitGroup
			running.Go(func() {
				for range walk {
					runtime.Goexit()
				}
			})
			running.Wait()
		}},
		{"by a context that is cancelled in the loop", func(t *testing.T, cancel cancel, walk walk) {
			var got error
			for _, err := range walk {
				if got != nil {
					t.Error("something follows the error")
				}
				got = err
				cancel(errCause)
			}
			if !errors.Is(got, context.Canceled) || !errors.Is(got, errCause) {
				t.Errorf("got error %v", got)
			}
		}},
		{"by a context that ends before the first page has come", func(t *testing.T, cancel cancel, walk walk) {
			time.AfterFunc(10*time.Millisecond, func() { cancel(errCause) })
			if ids, err := collected(walk); len(ids) > 0 || !errors.Is(err, context.Canceled) ||
				!errors.Is(err, errCause) {
				t.Errorf("got %v, %v", ids, err)
			}
		}},
		{"by a context that ends while the loop waits for a page", func(t *testing.T, cancel cancel, walk walk) {
			time.AfterFunc(30*time.Millisecond, func() { cancel(errCause) })
			if ids, err := collected(walk); len(ids) != 10 || !errors.Is(err, context.Canceled) ||
				!errors.Is(err, errCause) {
				t.Errorf("got %v, %v", ids, err)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &listServer{answer: honest(numbered(205)), takes: 20 * time.Millisecond}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				row.loop(t, cancel, server.walker(t).All(ctx, sessions.ListParams{Limit: 10}))
				server.checkIdle(t)
				asked := len(server.requests())
				time.Sleep(time.Minute)
				if more := len(server.requests()) - asked; more > 0 {
					t.Errorf("%d requests after the loop", more)
				}
			})
		})
	}
}

// Who needs one session pays for one page or two.
func TestAllBreakIsCheap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &listServer{answer: honest(numbered(10_000)), takes: 20 * time.Millisecond}
		for _, err := range server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10}) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			break
		}
		if n := len(server.requests()); n > 2 {
			t.Errorf("%d requests, want 2 at most", n)
		}
	})
}

// Rows may come even at the greatest offset there is. No next offset exists then: the walk ends.
func TestAllAtTheGreatestOffset(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		body string
	}{
		{"a total that is honest", listPage(3, "a", "b")},
		{"the greatest total", listPage(math.MaxInt, "a", "b")},
		{"no total", listArray("a", "b")},
	} {
		for _, before := range []int{0, 1, 2, 3} {
			t.Run(fmt.Sprintf("%s, %d before it", row.name, before), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := &listServer{answer: func(int, int) (int, string) { return 200, row.body }}
					params := sessions.ListParams{Offset: math.MaxInt - before, Limit: 2}
					got, err := collectedOrPanic(t, server.walker(t).All(t.Context(), params))
					if err != nil && !errors.Is(err, sessions.ErrInvalidResponse) || len(got) != 2 {
						t.Errorf("got %v, %v", got, err)
					}
				})
			})
		}
	}
}

// A page that cannot be had ends the walk with its error, after the pages before it and with
// nothing behind.
func TestAllErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"refused", 403, goodError, sessions.ErrForbidden},
		{"broken", 503, goodError, sessions.ErrServer},
		{"not JSON", 200, "<html>", sessions.ErrInvalidResponse},
		{"a bad row", 200, listPage(95, "s30", ""), sessions.ErrInvalidResponse},
	} {
		for _, at := range []int{0, 10, 30, 90} {
			t.Run(fmt.Sprintf("%s at offset %d", row.name, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := &listServer{takes: 20 * time.Millisecond, answer: func(offset, limit int) (int, string) {
						if offset == at {
							return row.status, row.body
						}
						return honest(numbered(95))(offset, limit)
					}}
					var got []string
					var errs []error
					for session, err := range server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10}) {
						if err != nil {
							errs = append(errs, err)
							if diff := cmp.Diff(sessions.Session{}, session); diff != "" {
								t.Errorf("a session came with the error: %s", diff)
							}
							continue
						}
						got = append(got, session.ID)
					}
					if len(errs) != 1 || !errors.Is(errs[0], row.want) {
						t.Errorf("got errors %v, want one that matches %v", errs, row.want)
					}
					if want := numbered(at); !slices.Equal(got, want) {
						t.Errorf("got %v before the error, want the %d sessions before it", got, at)
					}
					server.checkIdle(t)
				})
			})
		}
	}
}

// A row of another user or client than was asked for means that the answer is to another question:
// nothing of the page is handed out.
func TestRowsOfOthers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		params sessions.ListParams // every row is of the user u and the client c
		good   bool
	}{
		{"no user and no client", sessions.ListParams{}, true},
		{"the user", sessions.ListParams{UserID: "u"}, true},
		{"the client", sessions.ListParams{ClientID: "c"}, true},
		{"the user and the client", sessions.ListParams{UserID: "u", ClientID: "c"}, true},
		{"another user", sessions.ListParams{UserID: "eve"}, false},
		{"a user whose id is written otherwise", sessions.ListParams{UserID: "U"}, false},
		{"another client", sessions.ListParams{ClientID: "u"}, false},
		{"the user, and another client", sessions.ListParams{UserID: "u", ClientID: "d"}, false},
		{"another user, and the client", sessions.ListParams{UserID: "eve", ClientID: "c"}, false},
	} {
		for shape, body := range map[string]string{"page": listPage(1, "s0"), "bare array": listArray("s0")} {
			t.Run(row.name+", "+shape, func(t *testing.T) {
				t.Parallel()
				server := &listServer{answer: func(int, int) (int, string) { return 200, body }}
				params := row.params
				params.Limit = 10
				list, err := server.walker(t).List(t.Context(), params)
				if (list != nil) != row.good || !row.good && !errors.Is(err, sessions.ErrInvalidResponse) {
					t.Errorf("List: got %v, %v", list, err)
				}
				ids, err := collected(server.walker(t).All(t.Context(), params))
				if (len(ids) == 1) != row.good || !row.good && !errors.Is(err, sessions.ErrInvalidResponse) {
					t.Errorf("All: got %v, %v", ids, err)
				}
			})
		}
	}
}

// What is wrong with the parameters is the one thing that a loop is told, and nothing is sent.
func TestAllInvalidParams(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		params sessions.ListParams
	}{
		{"limit", sessions.ListParams{Limit: -1}},
		{"least limit", sessions.ListParams{Limit: math.MinInt}},
		{"offset", sessions.ListParams{Offset: -1}},
		{"both", sessions.ListParams{Limit: -1, Offset: -1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := &listServer{}
			var errs []error
			for _, err := range server.walker(t).All(t.Context(), row.params) {
				errs = append(errs, err)
			}
			if len(errs) != 1 || !errors.Is(errs[0], sessions.ErrInvalidParams) {
				t.Errorf("got %v, want one error that matches ErrInvalidParams", errs)
			}
			if n := len(server.requests()); n > 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
	t.Run("nil context", func(t *testing.T) {
		_, err := collectedOrPanic(t, new(listServer).walker(t).All(noContext, sessions.ListParams{}))
		if !errors.Is(err, sessions.ErrInvalidParams) {
			t.Errorf("got %v, want ErrInvalidParams", err)
		}
	})
}

// noContext is nil, which a careless caller may pass.
var noContext context.Context

// A client that was not made by NewClient fails and does not panic.
func TestAllOfZeroClient(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]*sessions.Client{"nil": nil, "zero": {}} {
		ids, err := collectedOrPanic(t, client.All(t.Context(), sessions.ListParams{}))
		if len(ids) > 0 || err == nil || strings.Contains(err.Error(), "panicked") {
			t.Errorf("%s: got %v, %v", name, ids, err)
		}
	}
}

// A server may be wrong about how much it has, may give less than was asked for, and may repeat
// itself. The walk hands out all it can get, nothing twice, and comes to an end.
func TestAllOfOddServers(t *testing.T) {
	t.Parallel()
	ids := numbered(95)
	claiming := func(total int) func(int, int) (int, string) {
		return func(offset, limit int) (int, string) { return 200, listPage(total, part(ids, offset, limit)...) }
	}
	bare := func(offset, limit int) (int, string) { return 200, listArray(part(ids, offset, limit)...) }
	always := func(body string) func(int, int) (int, string) {
		return func(int, int) (int, string) { return 200, body }
	}
	capped := func(most int) func(int, int) (int, string) {
		return func(offset, limit int) (int, string) {
			return 200, listPage(95, part(ids, offset, min(limit, most))...)
		}
	}
	for _, row := range []struct {
		name     string
		answer   func(offset, limit int) (int, string) // pages of ten are asked for
		want     int                                   // how many of ids are handed out
		err      error
		requests int // at most
	}{
		{"honest", honest(ids), 95, nil, 10},
		{"honest, to a full page", honest(ids[:90]), 90, nil, 10},
		{"a bare array", bare, 95, nil, 10},
		{"a bare array, to a full page", func(offset, limit int) (int, string) {
			return 200, listArray(part(ids[:90], offset, limit)...)
		}, 90, nil, 10},
		{"an empty bare array", func(int, int) (int, string) { return 200, `[]` }, 0, nil, 1},

		{"a total of 0", claiming(0), 95, nil, 10},
		{"a total that is too low", claiming(42), 95, nil, 10},
		{"a total that is one too low", claiming(94), 95, nil, 10},
		{"a total that is one too high", claiming(96), 95, sessions.ErrInvalidResponse, 11},
		{"a total that is too high", claiming(1000), 95, sessions.ErrInvalidResponse, 30},
		{"a total that is far too high", claiming(math.MaxInt), 95, sessions.ErrInvalidResponse, 30},
		{"a total that grows", func(offset, limit int) (int, string) {
			return 200, listPage(offset+limit+1, part(ids, offset, limit)...)
		}, 95, sessions.ErrInvalidResponse, 30},
		{"a total that shrinks", func(offset, limit int) (int, string) {
			return 200, listPage(200-2*offset, part(ids, offset, limit)...)
		}, 95, nil, 30},
		{"a total that is there on one page only", func(offset, limit int) (int, string) {
			if offset == 0 {
				return honest(ids)(offset, limit)
			}
			return bare(offset, limit)
		}, 95, nil, 20},

		{"pages of at most 4", capped(4), 95, nil, 40},
		{"pages of at most 1", capped(1), 95, nil, 110},
		{"pages of at most 9", capped(9), 95, nil, 30},
		{"a later page that is short", func(offset, limit int) (int, string) {
			if offset == 30 {
				limit = 4
			}
			return honest(ids)(offset, limit)
		}, 95, nil, 40},
		{"pages that become shorter", func(offset, limit int) (int, string) {
			return capped(max(1, 10-offset/10))(offset, limit)
		}, 95, nil, 120},
		{"pages that become longer", func(offset, limit int) (int, string) {
			return capped(1+offset/10)(offset, limit)
		}, 95, nil, 120},
		{"pages of either size", func(offset, limit int) (int, string) {
			return capped(3+4*(offset%2))(offset, limit)
		}, 95, nil, 200},
		{"more than was asked for", func(offset, limit int) (int, string) {
			return 200, listPage(95, part(ids, offset, limit+5)...)
		}, 95, nil, 40},
		{"everything, whatever is asked for", always(listPage(95, ids...)), 95, nil, 20},

		{"the first page over and over", always(listPage(95, ids[:10]...)), 10, sessions.ErrInvalidResponse, 2},
		{"the first page over and over, bare", always(listArray(ids[:10]...)), 10, sessions.ErrInvalidResponse, 3},
		{"the first page over and over, no more claimed", always(listPage(10, ids[:10]...)), 10, nil, 20},
		{"a bare page that comes twice", func(offset, limit int) (int, string) {
			return bare(max(0, offset-10), limit)
		}, 95, nil, 20},
		{"a page that comes twice", func(offset, limit int) (int, string) {
			if offset == 50 {
				offset = 40
			}
			return honest(ids)(offset, limit)
		}, 50, sessions.ErrInvalidResponse, 20},
		{"a row that comes twice in a page", func(offset, limit int) (int, string) {
			page := slices.Clone(part(ids, offset, limit))
			if offset == 0 {
				page[9] = page[8]
			}
			return 200, listPage(95, page...)
		}, 94, nil, 20},
		{"an empty page in the middle", func(offset, limit int) (int, string) {
			if offset == 50 {
				return 200, listPage(95)
			}
			return honest(ids)(offset, limit)
		}, 50, sessions.ErrInvalidResponse, 20},
		{
			"an empty first page", func(int, int) (int, string) {
				return 200, listPage(95)
			}, 0, sessions.ErrInvalidResponse, 20,
		},
		{"pages that overlap", func(offset, limit int) (int, string) {
			return 200, listPage(95, part(ids, offset-offset/10, limit)...)
		}, 95, nil, 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &listServer{answer: row.answer, takes: time.Millisecond}
				got, err := collected(server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10}))
				if !errors.Is(err, row.err) {
					t.Errorf("got error %v, want %v", err, row.err)
				}
				if n := len(got); n != row.want || n > 0 && got[0] != ids[0] {
					t.Errorf("got %d sessions, want %d: %v", n, row.want, got)
				}
				if twice := repeated(got); len(twice) > 0 {
					t.Errorf("handed out twice: %v", twice)
				}
				if n := len(server.requests()); n > row.requests {
					t.Errorf("%d requests, want %d at most: %v", n, row.requests, server.requests())
				}
				server.checkIdle(t)
			})
		})
	}
}

// repeated returns what is in ids more than once.
func repeated(ids []string) (twice []string) {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			twice = append(twice, id)
		}
		seen[id] = true
	}
	return twice
}

// Rows shift between pages while sessions come and go. None is handed out twice, and none that was
// there all the time is missed, unless as many come as go while pages overtake one another, which
// the totals do not show.
func TestAllWhileSessionsComeAndGo(t *testing.T) {
	t.Parallel()
	inOrder := func(offset int) time.Duration { return time.Duration(offset) * time.Microsecond }
	overtaking := func(offset int) time.Duration { return time.Duration(5*(offset/10%2)) * time.Millisecond }
	comes := func(n int, ids []string) []string { return slices.Insert(ids, 0, "new"+strconv.Itoa(n)) }
	goes := func(_ int, ids []string) []string { return slices.Delete(ids, 500, 501) }
	newestGoes := func(_ int, ids []string) []string { return ids[1:] }
	oldestGoes := func(_ int, ids []string) []string { return ids[:len(ids)-1] }
	bothGoAndOneComes := func(n int, ids []string) []string { return comes(n, newestGoes(n, oldestGoes(n, ids))) }
	aPageComes := func(n int, ids []string) []string {
		for i := range 10 {
			ids = comes(10*n+i, ids)
		}
		return ids
	}
	threePagesGo := func(_ int, ids []string) []string {
		return slices.Delete(ids, min(len(ids), 5), min(len(ids), 35))
	}
	for _, row := range []struct {
		name   string
		change func(n int, ids []string) []string
		every  int // requests between two changes
		delays func(offset int) time.Duration
		misses bool // sessions that were there all the time may be missed
	}{
		{"they come", comes, 3, inOrder, false},
		{"they come, and pages overtake one another", comes, 3, overtaking, false},
		{"nine come at each request", func(n int, ids []string) []string {
			return aPageComes(n, ids)[1:]
		}, 1, inOrder, false},
		{"a page of them comes at each request, up to 1000", func(n int, ids []string) []string {
			if n > 100 {
				return ids
			}
			return aPageComes(n, ids)
		}, 1, inOrder, false},
		{"the newest go", newestGoes, 3, inOrder, false},
		{"the newest go, one at each request", newestGoes, 1, inOrder, false},
		{"the oldest go", oldestGoes, 3, inOrder, false},
		{"the oldest go, and pages overtake one another", oldestGoes, 3, overtaking, false},
		{"some go in the middle", goes, 3, inOrder, false},
		{"three pages go at once", threePagesGo, 7, inOrder, false},
		{
			"as many come as go", func(n int, ids []string) []string {
				return comes(n, newestGoes(n, ids))
			}, 2, inOrder, false,
		},
		{"one comes, and the newest and the oldest go", bothGoAndOneComes, 2, inOrder, false},
		{"as many come as go, and pages overtake one another", func(n int, ids []string) []string {
			return comes(n, goes(n, ids))
		}, 3, overtaking, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ids := numbered(1000)
				n := 0
				server := &listServer{
					takes: time.Millisecond, delays: row.delays,
					answer: func(offset, limit int) (int, string) {
						defer func() {
							if n++; n%row.every == 0 {
								ids = row.change(n, ids)
							}
						}()
						return honest(ids)(offset, limit)
					},
				}
				got, err := collected(server.walker(t).All(t.Context(), sessions.ListParams{Limit: 10}))
				if err != nil {
					t.Error(err)
				}
				if twice := repeated(got); len(twice) > 0 {
					t.Errorf("handed out twice: %v", twice)
				}
				if missed := old(missing(ids, got)); len(missed) > 0 && !row.misses {
					t.Errorf("%d sessions that were there all the time were missed: %v", len(missed), missed)
				}
			})
		})
	}
}

// missing returns the ids that are not among got.
func missing(ids, got []string) (missed []string) {
	seen := make(map[string]bool, len(got))
	for _, id := range got {
		seen[id] = true
	}
	for _, id := range ids {
		if !seen[id] {
			missed = append(missed, id)
		}
	}
	return missed
}

// old returns the ids of the sessions that did not come during the walk.
func old(ids []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return strings.HasPrefix(id, "new") })
}

// While people sign in and sessions vanish anywhere in the list, at random moments, no session
// that was there all the time is missed, and none is handed out twice.
func TestAllWhileSessionsComeAndGoAtRandom(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		come  float64       // the share of changes that are sign-ins
		every time.Duration // between two changes, on average; a request takes 20 ms
	}{
		{"one comes in 10 ms", 1, 10 * time.Millisecond},
		{"one comes in 100 ms", 1, 100 * time.Millisecond},
		{"one goes in 10 ms", 0, 10 * time.Millisecond},
		{"one goes in 100 ms", 0, 100 * time.Millisecond},
		{"one comes or goes in 10 ms", 0.5, 10 * time.Millisecond},
		{"one comes or goes in 100 ms", 0.5, 100 * time.Millisecond},
		{"one comes or goes in 400 ms", 0.5, 400 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			const walks, size, limit = 20, 2000, 50
			requests := 0
			for walk := range walks {
				synctest.Test(t, func(t *testing.T) {
					rnd := rand.New(rand.NewPCG(1, uint64(walk)))
					ids := numbered(size)
					server := &listServer{takes: 20 * time.Millisecond, answer: func(offset, limit int) (int, string) {
						return honest(ids)(offset, limit)
					}}
					var changes sync.WaitGroup
					defer changes.Wait()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					changes.Go(func() {
						for i := 0; ctx.Err() == nil; i++ {
							time.Sleep(time.Duration(rnd.Int64N(2 * int64(row.every))))
							server.mu.Lock()
							if rnd.Float64() < row.come {
								ids = slices.Insert(ids, 0, "new"+strconv.Itoa(i))
							} else if len(ids) > 0 {
								at := rnd.IntN(len(ids))
								ids = slices.Delete(ids, at, at+1)
							}
							server.mu.Unlock()
						}
					})
					got, err := collected(server.walker(t).All(t.Context(), sessions.ListParams{Limit: limit}))
					if err != nil {
						t.Error(err)
					}
					server.mu.Lock()
					defer server.mu.Unlock()
					requests += len(server.asked)
					if twice := repeated(got); len(twice) > 0 {
						t.Errorf("walk %d: handed out twice: %v", walk, twice)
					}
					if missed := old(missing(ids, got)); len(missed) > 0 {
						t.Errorf("walk %d: missed %v, which were there all the time", walk, missed)
					}
				})
			}
			perPage := float64(requests) / walks / (size / limit)
			t.Logf("%.2f requests a page", perPage)
			if perPage > 3 {
				t.Errorf("%.2f requests a page on average, want 3 at most", perPage)
			}
		})
	}
}

// The loop may revoke what it is given, which takes it out of the list: nobody stays signed in,
// nobody is revoked twice, and it costs at most three times the requests that the pages need.
func TestAllWhileRevoking(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		takes    time.Duration // for one answer
		together int           // how many are revoked at a time
		limits   []int
	}{
		{"without latency", 0, 1, []int{10, 50, 100, 500}},
		{"with latency", 20 * time.Millisecond, 1, []int{10, 50, 100, 500}},
		{"with latency, 8 at a time", 20 * time.Millisecond, 8, []int{10, 100}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{60, 99, 100, 101, 500, 1000, 2345, 6000} {
				for _, limit := range row.limits {
					synctest.Test(t, func(t *testing.T) { revokeAllOf(t, size, limit, row.takes, row.together) })
				}
			}
		})
	}
}

// revokeAllOf revokes the sessions that a walk finds in a list of size, in pages of limit.
func revokeAllOf(t *testing.T, size, limit int, takes time.Duration, together int) {
	t.Helper()
	ids := numbered(size)
	server := &listServer{takes: takes, answer: func(offset, limit int) (int, string) {
		return honest(ids)(offset, limit)
	}}
	var revoked []string
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		id, ok := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/v1/sessions/"), "/revoke")
		if !ok {
			return server.RoundTrip(req)
		}
		time.Sleep(takes)
		server.mu.Lock()
		defer server.mu.Unlock()
		revoked = append(revoked, id)
		ids = slices.DeleteFunc(ids, func(active string) bool { return active == id })
		return response(200, strings.Replace(listRow(id), "active", "revoked", 1)), nil
	}))
	var running errgroup.Group
	running.SetLimit(together)
	params := sessions.ListParams{UserID: "u", Status: sessions.StatusActive, Limit: limit}
	for session, err := range client.All(t.Context(), params) {
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() error {
			_, err := client.Revoke(t.Context(), session.ID)
			return err
		})
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if twice := repeated(revoked); len(ids) > 0 || len(twice) > 0 {
		t.Errorf("%d sessions in pages of %d: %d are still active, revoked twice: %v", size, limit, len(ids), twice)
	}
	if pages := (size + limit - 1) / limit; len(server.asked) > 3*pages {
		t.Errorf("%d sessions in pages of %d: %d requests for %d pages", size, limit, len(server.asked), pages)
	}
}

// A walk of 100,000 sessions at 20 ms a request takes less than 0.30 of the time that page after
// page takes.
func TestAllIsFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total, size = 30_000, 500 // make bench walks 100,000
		server := &listServer{answer: honest(numbered(total)), takes: 20 * time.Millisecond}
		client := server.walker(t)

		start, n := time.Now(), 0
		for _, err := range client.All(t.Context(), sessions.ListParams{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		walk := time.Since(start)

		start = time.Now()
		for offset, got := 0, size; got == size; offset += size {
			list, err := client.List(t.Context(), sessions.ListParams{Limit: size, Offset: offset})
			if err != nil {
				t.Fatal(err)
			}
			got = len(list.Data)
		}
		pages := time.Since(start)

		ratio := float64(walk) / float64(pages)
		t.Logf("All %v, page after page %v: %.3f", walk, pages, ratio)
		if n != total || ratio > 0.30 {
			t.Errorf("%d sessions in %.3f of the time, want %d in 0.30 at most", n, ratio, total)
		}
	})
}

// A walk holds fifteen pages at most, however long it is.
func TestAllLiveHeap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total, size = 30_000, 500 // make bench walks 100,000
		server := &listServer{answer: bigList(total, size), takes: 20 * time.Millisecond}
		client := server.walker(t)

		var page *sessions.SessionList
		var pageHeap float64
		for range 2 { // the first fills the caches of the JSON library as well
			before := liveHeap()
			var err error
			if page, err = client.List(t.Context(), sessions.ListParams{Limit: size, Offset: size}); err != nil {
				t.Fatal(err)
			}
			pageHeap = float64(liveHeap() - before)
			runtime.KeepAlive(page)
		}

		before := liveHeap()
		var most float64
		n := 0
		for _, err := range client.All(t.Context(), sessions.ListParams{}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n%(20*size) == size { // the loop is slow, so that all pages that may be held are
				time.Sleep(time.Second)
				most = max(most, float64(liveHeap()-before)/pageHeap)
			}
		}
		t.Logf("a page has %.0f bytes; a walk holds %.1f pages at most", pageHeap, most)
		if most > 15 {
			t.Errorf("the walk holds %.1f pages, want 15 at most", most)
		}
	})
}

// liveHeap returns how many bytes are in use after a collection.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // empties the pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// bigList serves pages of size of a list of total sessions. No two have an id, a time or an
// activity in common.
func bigList(total, size int) func(offset, limit int) (int, string) {
	return func(offset, _ int) (int, string) {
		var page strings.Builder
		page.Grow(size * 700)
		page.WriteString(`{"data":[`)
		for i := offset; i < min(offset+size, total); i++ {
			if i > offset {
				page.WriteByte(',')
			}
			page.WriteString(strings.ReplaceAll(bigRow, "#", strconv.Itoa(1_000_000+i)))
		}
		page.WriteString(`],"total_count":` + strconv.Itoa(total) + `}`)
		return 200, page.String()
	}
}

// bigRow is a session; each # stands for its number, which has seven digits.
const bigRow = `{"object":"session","id":"sess_2abcDEFghiJKLmnoPQRs#","client_id":"client_2abcDEFghiJKLmnoPQRs#",` +
	`"user_id":"user_2abcDEFghiJKLmnoPQRs#","status":"active","last_active_organization_id":null,"actor":null,` +
	`"tasks":null,"latest_activity":{"object":"session_activity","id":"sess_activity_2abcDEFghiJKLmn#",` +
	`"device_type":"Macintosh","is_mobile":false,` +
	`"browser_name":"Chrome","browser_version":"120.0.#","ip_address":"2001:db8::#","city":"City #","country":"PT"},` +
	`"last_active_at":170553#,"expire_at":170553#,"abandon_at":170553#,"created_at":170553#,"updated_at":170553#}`
