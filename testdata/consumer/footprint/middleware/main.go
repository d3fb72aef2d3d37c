// Command middleware is the hello program whose sessions sessionhttp refreshes.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func main() {
	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	refresher, err := sessionhttp.NewRefresher(client, os.Getenv("CLERK_PUBLISHABLE_KEY"),
		sessionhttp.WithJWTKey([]byte(os.Getenv("CLERK_JWT_KEY"))))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "hello")
	})
	//nolint:gosec // built and never run
	fmt.Fprintln(os.Stderr,
		http.ListenAndServe("127.0.0.1:0", refresher.Middleware(http.DefaultServeMux)))
}
