package control

import (
	"net/http"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

func signIn(in *instance.Instance, r *http.Request) (any, error) {
	params, err := decodeOptional[struct {
		UserID         string         `json:"user_id"`
		Origin         string         `json:"origin"`
		OrganizationID string         `json:"organization_id"`
		Claims         map[string]any `json:"claims"`
		Tasks          []task         `json:"tasks"`
	}](r)
	if err != nil {
		return nil, err
	}
	clerk := in.Clerk()
	browser, err := clerk.TrySignInWith(sessionstest.SignInParams{
		UserID:         params.UserID,
		Origin:         params.Origin,
		OrganizationID: params.OrganizationID,
		Claims:         params.Claims,
		Tasks:          tasks(params.Tasks),
	})
	if err != nil {
		return nil, err
	}
	session, _ := clerk.Session(browser.SessionID)
	cookies, header := map[string]string{}, []string{}
	for _, cookie := range browser.Cookies {
		cookies[cookie.Name] = cookie.Value
		header = append(header, cookie.Name+"="+cookie.Value)
	}
	return struct {
		SessionID    string            `json:"session_id"`
		UserID       string            `json:"user_id"`
		SessionToken string            `json:"session_token"`
		RefreshToken string            `json:"refresh_token"`
		Cookies      map[string]string `json:"cookies"`
		Cookie       string            `json:"cookie"`
	}{
		browser.SessionID, session.UserID, browser.SessionToken, browser.RefreshToken,
		cookies, strings.Join(header, "; "),
	}, nil
}
