package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// seeds are the users and sessions that the instance begins with.
type seeds struct {
	users, sessions []string
	signIn          sessionstest.SignIn // of the first user
}

// seed makes users and deals out sessions to them: first each user's browser signs in, then come
// sessions without a browser, of every kind in turn.
func seed(clerk *sessionstest.Server, users, sessions int) seeds {
	var out seeds
	for i := range users {
		user := fmt.Sprintf("user_fake%d", i+1)
		in := clerk.SignIn(user)
		if i == 0 {
			out.signIn = in
		}
		out.users, out.sessions = append(out.users, user), append(out.sessions, in.SessionID)
	}
	for i := range sessions - users {
		in := sessionOfKind(i)
		in.UserID = out.users[i%users]
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

// writeEnvironment writes the variables that a program needs to use the instance, for pasting into
// a shell.
func writeEnvironment(w io.Writer, clerk *sessionstest.Server, addr net.Addr, in seeds) error {
	api := "http://" + reachable(addr)
	for _, variable := range []struct{ name, value string }{
		{"CLERK_API_URL", api},
		{"CLERK_BASE_URL", api + "/v1"},
		{"CLERK_SECRET_KEY", clerk.SecretKey},
		{"CLERK_PUBLISHABLE_KEY", clerk.PublishableKey},
		{"CLERK_JWT_KEY", strings.TrimSpace(string(clerk.PublicKeyPEM()))},
		{"CLERK_USER_ID", in.users[0]},
		{"CLERK_USER_IDS", strings.Join(in.users, " ")},
		{"CLERK_SESSION_ID", in.signIn.SessionID},
		{"CLERK_SESSION_IDS", strings.Join(in.sessions, " ")},
		{"CLERK_SESSION_TOKEN", in.signIn.SessionToken},
		{"CLERK_REFRESH_TOKEN", in.signIn.RefreshToken},
	} {
		if _, err := fmt.Fprintf(w, "export %s='%s'\n", variable.name, variable.value); err != nil {
			return err
		}
	}
	return nil
}

// reachable returns an address of this machine at which a listener on addr answers.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return addr.String()
}
