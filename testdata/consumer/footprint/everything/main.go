// Command everything is the hello program that also makes every call of sessions, and keeps tokens
// in a cache.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

func main() {
	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"),
		sessions.WithLogger(slog.Default()), sessions.WithTimeout(time.Second),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	cache := sessions.NewTokenCache(client)
	http.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		if err := call(client, cache, req); err != nil {
			http.Error(w, "failed", http.StatusBadGateway)
			return
		}
		_, _ = fmt.Fprintln(w, "hello")
	})
	//nolint:gosec // built and never run
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:0", nil))
}

func call(client *sessions.Client, cache *sessions.TokenCache, req *http.Request) error {
	ctx, id, jwt := req.Context(), req.FormValue("id"), req.FormValue("token")
	refresh := sessions.RefreshParams{
		ExpiredToken: jwt, RefreshToken: id,
		RequestOrigin: "https://app.example.com",
	}
	var errs []error
	for session, err := range client.All(ctx, sessions.ListParams{UserID: id}) {
		errs = append(errs, err)
		cache.Forget(session.ID)
	}
	list, err1 := client.List(ctx, sessions.ListParams{UserID: id})
	got, err2 := client.Get(ctx, id)
	created, err3 := client.Create(ctx, sessions.CreateParams{UserID: id})
	revoked, err4 := client.Revoke(ctx, id)
	all, err5 := client.RevokeAll(ctx, sessions.RevokeAllParams{UserID: id})
	//nolint:staticcheck // deprecated upstream, still promised
	verified, err6 := client.Verify(ctx, id, jwt)
	token, err7 := cache.GetToken(ctx, id, sessions.TokenParams{})
	refreshed, err8 := client.RefreshToken(ctx, id, refresh)
	cookies, err9 := client.RefreshCookies(ctx, id, refresh)
	if list == nil || got == nil || created == nil || revoked == nil || all == nil ||
		verified == nil || token == nil ||
		refreshed == nil || cookies == nil {
		return errors.Join(append(errs, err1, err2, err3, err4, err5, err6, err7, err8, err9)...)
	}
	cookies.AddTo(req.Header)
	return nil
}
