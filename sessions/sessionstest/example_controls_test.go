package sessionstest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func ExampleServer_End() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	id := clerk.SignIn("user_ada").SessionID

	clerk.End(id) // as if the user had signed out
	session, ok := clerk.Session(id)
	fmt.Println(session.Status, ok)
	// Output: ended true
}

func ExampleServer_Session() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.AddSession(sessionstest.Session{ID: "sess_1"})
	if _, err := newClient(clerk).Revoke(context.Background(), "sess_1"); err != nil {
		fmt.Println(err)
		return
	}
	session, ok := clerk.Session("sess_1")
	fmt.Println(session.Status, ok)
	// Output: revoked true
}

func ExampleServer_Sessions() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	for _, user := range []string{"user_ada", "user_bob"} {
		clerk.SignIn(user)
	}
	for _, session := range clerk.Sessions() {
		fmt.Println(session.UserID, session.Status)
	}
	// Output:
	// user_bob active
	// user_ada active
}

func ExampleServer_Operations() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	operations := clerk.Operations()
	fmt.Println(operations[0], operations[len(operations)-1])
	// Output: CreateSession Handshake
}

func ExampleServer_Faults() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.Inject(sessionstest.Fault{Operation: "GetSession", Status: 500, Times: 2})
	_, err := newClient(clerk, sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1})).
		Get(context.Background(), clerk.SignIn("user_ada").SessionID)
	fmt.Println(errors.Is(err, sessions.ErrServer), clerk.Faults()[0].Times)
	// Output: true 1
}

func ExampleServer_ClearFaults() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.Inject(sessionstest.Fault{Status: 503, Times: 1000}) // an outage
	clerk.ClearFaults()                                        // is over

	_, err := newClient(clerk).Get(context.Background(), clerk.SignIn("user_ada").SessionID)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleServer_ClearCalls() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	if _, err := newClient(clerk).Get(context.Background(), clerk.SignIn("user_ada").SessionID); err != nil {
		fmt.Println(err)
	}
	before := len(clerk.Calls())
	clerk.ClearCalls()
	fmt.Println(before, len(clerk.Calls()))
	// Output: 1 0
}

func ExampleServer_RateLimit() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.LimitRate(100, 10*time.Second)
	fmt.Println(clerk.RateLimit())
	clerk.LimitRate(0, 0) // lifts it
	fmt.Println(clerk.RateLimit())
	// Output:
	// 100 10s
	// 0 0s
}

func ExampleServer_TryInject() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	fmt.Println(clerk.TryInject(sessionstest.Fault{Status: 42}))
	// Output: sessionstest: Inject: status 42 is not one of a final answer
}

func ExampleServer_TryAdvance() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	fmt.Println(clerk.TryAdvance(-time.Minute))
	// Output: sessionstest: Advance(-1m0s): time does not run backwards
}

func ExampleServer_TryLimitRate() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	fmt.Println(clerk.TryLimitRate(100, 0))
	// Output: sessionstest: LimitRate(100, 0s): needs positive numbers
}
