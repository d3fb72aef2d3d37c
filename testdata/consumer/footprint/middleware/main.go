// Command middleware is the hello program that knows who sends a request.
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
	auth, err := sessionhttp.New(client, os.Getenv("CLERK_PUBLISHABLE_KEY"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "hello")
	})
	//nolint:gosec // built and never run
	fmt.Fprintln(os.Stderr,
		http.ListenAndServe("127.0.0.1:0", auth.Middleware(http.DefaultServeMux)))
}
