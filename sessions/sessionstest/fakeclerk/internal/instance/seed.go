package instance

import (
	"fmt"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// seeds are the users and sessions that the instance begins with.
type seeds struct {
	users, sessions []string
	signIn          sessionstest.SignIn // of the first user
}

// seed makes users and deals out sessions to them: first each user's browser signs in, then come
// sessions without a browser, of every kind in turn.
func seed(clerk *sessionstest.Server, settings Settings) seeds {
	var out seeds
	for i := range settings.Users {
		user := fmt.Sprintf("user_fake%d", i+1)
		in := clerk.SignIn(user)
		if i == 0 {
			out.signIn = in
		}
		out.users, out.sessions = append(out.users, user), append(out.sessions, in.SessionID)
	}
	for i := range settings.Sessions - settings.Users {
		in := sessionOfKind(i)
		in.UserID = out.users[i%settings.Users]
		out.sessions = append(out.sessions, clerk.AddSession(in).ID)
	}
	return out
}

// sessionOfKind returns in turn a session whose device is known, one of an impersonated user, one
// with tasks to do, and a plain one.
func sessionOfKind(i int) sessionstest.Session {
	switch i % 4 {
	case 0:
		return sessionstest.Session{
			LastActiveOrganizationID: "org_fake1",
			LatestActivity: &sessionstest.Activity{
				DeviceType:     "Macintosh",
				BrowserName:    "Firefox",
				BrowserVersion: "145.0",
				IPAddress:      "203.0.113.7",
				City:           "Lisbon",
				Country:        "PT",
				IsMobile:       i%8 == 0,
			},
		}
	case 1:
		return sessionstest.Session{Actor: map[string]any{"sub": "user_fake_support"}}
	case 2:
		return sessionstest.Session{
			Status: "pending",
			Tasks:  []sessionstest.Task{{Key: "choose-organization"}},
		}
	}
	return sessionstest.Session{}
}
