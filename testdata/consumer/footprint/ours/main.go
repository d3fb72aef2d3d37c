// Command ours is the hello program that also makes the six calls that clerk-sdk-go has, with
// sessions.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

func main() {
	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		if err := call(client, req); err != nil {
			http.Error(w, "failed", http.StatusBadGateway)
			return
		}
		_, _ = fmt.Fprintln(w, "hello")
	})
	//nolint:gosec // built and never run
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:0", nil))
}

func call(client *sessions.Client, req *http.Request) error {
	ctx, id := req.Context(), req.FormValue("id")
	list, err1 := client.List(ctx, sessions.ListParams{UserID: id})
	got, err2 := client.Get(ctx, id)
	created, err3 := client.Create(ctx, sessions.CreateParams{UserID: id})
	revoked, err4 := client.Revoke(ctx, id)
	//nolint:staticcheck // deprecated upstream, and in both SDKs
	verified, err5 := client.Verify(ctx, id, req.FormValue("token"))
	token, err6 := client.GetToken(ctx, id, sessions.TokenParams{})
	if list == nil || got == nil || created == nil || revoked == nil || verified == nil ||
		token == nil {
		return errors.Join(err1, err2, err3, err4, err5, err6)
	}
	return nil
}
