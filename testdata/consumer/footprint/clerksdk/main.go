// Command clerksdk is the hello program that also makes the six calls of sessions that clerk-sdk-go
// has, with clerk-sdk-go.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/session"
)

func main() {
	key := os.Getenv("CLERK_SECRET_KEY")
	client := session.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{Key: &key}})
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

func call(client *session.Client, req *http.Request) error {
	ctx, id, jwt := req.Context(), req.FormValue("id"), req.FormValue("token")
	list, err1 := client.List(ctx, &session.ListParams{UserID: &id})
	got, err2 := client.Get(ctx, id)
	created, err3 := client.Create(ctx, &session.CreateParams{UserID: id})
	revoked, err4 := client.Revoke(ctx, &session.RevokeParams{ID: id})
	//nolint:staticcheck // deprecated upstream, and in both SDKs
	verified, err5 := client.Verify(ctx, &session.VerifyParams{ID: id, Token: &jwt})
	token, err6 := client.CreateToken(ctx, &session.CreateTokenParams{ID: id})
	if list == nil || got == nil || created == nil || revoked == nil || verified == nil ||
		token == nil {
		return errors.Join(err1, err2, err3, err4, err5, err6)
	}
	return nil
}
