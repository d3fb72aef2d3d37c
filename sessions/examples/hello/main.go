// Hello lists a user's sessions. It needs no key and no network: go run ./sessions/examples/hello.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func main() {
	clerk := sessionstest.NewServer() // plays Clerk inside this program
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_laptop", UserID: "user_ada"})

	// For the real Clerk, give NewClient its key alone: os.Getenv("CLERK_SECRET_KEY").
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		log.Fatal(err)
	}
	list, err := client.List(context.Background(), sessions.ListParams{UserID: "user_ada"})
	if err != nil {
		log.Fatal(err)
	}
	for _, session := range list.Data {
		fmt.Println(session.ID, "is", session.Status)
	}
}
