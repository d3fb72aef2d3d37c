// Webapp is a small web service whose sessions are refreshed on the server, by package sessionhttp.
//
//	go run ./sessions/examples/webapp
//
// needs no account and no network: package sessionstest plays Clerk, inside the program. Open
// http://127.0.0.1:4020, sign in, and reload a little later: session tokens live for 15 seconds, so
// that the page shows a refresh. Its buttons make Clerk fail, and sign the user in on another
// device. The flag -h lists the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/examples/webapp/app"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "webapp:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	flags.SetOutput(stdout)
	addr := flags.String("addr", "127.0.0.1:4020", "where to listen; loopback only")
	lifetime := flags.Duration("token-lifetime", 15*time.Second,
		"how long a session token is good for")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("what is %q? There are only flags: -h lists them", flags.Arg(0))
	}
	if host, _, err := net.SplitHostPort(*addr); err != nil || !isLoopback(host) {
		return fmt.Errorf("-addr %q: anybody may sign in here, so it listens on loopback only, "+
			"such as 127.0.0.1:4020", *addr)
	}
	if *lifetime < time.Second || *lifetime%time.Second != 0 {
		return fmt.Errorf("-token-lifetime %v: needs whole seconds, at least one", *lifetime)
	}

	clerk := sessionstest.NewServer( //nolint:contextcheck // the fake lives as long as the program
		sessionstest.WithTokenLifetime(*lifetime), sessionstest.WithoutCalls())
	defer clerk.Close()
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: app.NewTransport(http.DefaultTransport)}))
	if err != nil {
		return err
	}
	defer http.DefaultClient.CloseIdleConnections()
	clerk.SignIn("user_ada") // whom the page to sign in offers
	handler, err := app.New(app.Config{
		Client:         client,
		PublishableKey: clerk.PublishableKey,
		FrontendAPI:    clerk.FrontendAPI,
		Now:            clerk.Now,
		OtherDevice:    otherDevice(clerk),
		Controls:       controls(clerk),
	})
	if err != nil {
		return err
	}
	return serve(ctx, *addr, handler, stdout)
}

// otherDevice returns a function that signs a user in, on another device each time.
func otherDevice(clerk *sessionstest.Server) func(userID string) {
	devices := []sessionstest.Activity{
		{BrowserName: "Firefox", DeviceType: "Macintosh", City: "Lisbon", Country: "PT"},
		{BrowserName: "Chrome", DeviceType: "Android", City: "Lisbon", Country: "PT", IsMobile: true},
		{BrowserName: "Safari", DeviceType: "iPad", City: "Porto", Country: "PT", IsMobile: true},
	}
	var n atomic.Int64
	return func(userID string) {
		device := devices[int(n.Add(1)-1)%len(devices)]
		clerk.AddSession(sessionstest.Session{UserID: userID, LatestActivity: &device})
	}
}

// controls returns what makes the in-process Clerk misbehave, until it is well again.
func controls(clerk *sessionstest.Server) map[string]func() {
	const always = 1 << 30
	answering := func(status int) func() {
		return func() {
			clerk.ClearFaults()
			clerk.Inject(sessionstest.Fault{Status: status, Times: always})
		}
	}
	return map[string]func(){
		"down":    answering(http.StatusServiceUnavailable),
		"limited": answering(http.StatusTooManyRequests),
		"well":    clerk.ClearFaults,
		"minute":  func() { clerk.Advance(time.Minute) },
	}
}

func serve(ctx context.Context, addr string, handler http.Handler, stdout io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Open http://%s, sign in, and reload after a while. Ctrl-C ends it.\n",
		listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
