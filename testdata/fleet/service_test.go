//go:build linux

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// settingsVariable holds the settings of a process that is to be the service and no test.
const settingsVariable = "FLEET_SERVICE"

// settings are what a process of the service is told.
type settings struct {
	Name           string // its User-Agent to Clerk
	ClerkURL       string
	FrontendAPI    string
	SecretKey      string
	PublishableKey string

	Store    string // address of Redis; "" for none
	Password string
	Timeout  time.Duration // of a page; 0 is the middleware's own
	Ahead    time.Duration // by which the clocks of the middleware and of the Fleet are ahead

	SharedLimit bool    // all clients keep 1000 requests in 10 s together
	BulkLimit   float64 // requests a second of the bulk job's own client; 0 is no limit
}

const (
	origin     = "https://app.example.test"
	limit      = 1000 // Clerk's for an instance in production, in
	limitTime  = 10 * time.Second
	bulkAtOnce = 64
)

// service is what a process serves.
type service struct {
	client *sessions.Client
	bulk   *sessions.Client
	tokens *sessions.TokenCache
}

// backend is what pages and tokens ask: a client, or a Fleet in its place.
type backend interface {
	sessionhttp.Backend
	sessions.TokenMinter
}

// serve serves on a port of its own, whose address it writes to stdout, until the process ends.
func serve(text string) error {
	var set settings
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return err
	}
	s, back, err := newService(set)
	if err != nil {
		return err
	}
	options := []sessionhttp.Option{
		sessionhttp.WithFrontendAPI(set.FrontendAPI), sessionhttp.WithOrigin(origin), sessionhttp.WithoutHandshake(),
		sessionhttp.WithRefreshRate(1000, 10_000), // what is measured is the fleet, not this bound
		sessionhttp.WithClock(func() time.Time { return time.Now().Add(set.Ahead) }),
	}
	if set.Timeout > 0 {
		options = append(options, sessionhttp.WithTimeout(set.Timeout))
	}
	auth, err := sessionhttp.New(back, set.PublishableKey, options...)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", auth.Middleware(http.HandlerFunc(page)))
	mux.HandleFunc("GET /token", s.token)
	mux.HandleFunc("GET /get", s.get)
	mux.HandleFunc("POST /bulk", s.bulkJob)
	mux.HandleFunc("POST /revoke-all", s.revokeAll)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "http://"+l.Addr().String())
	return http.Serve(l, mux)
}

func newService(set settings) (*service, backend, error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	options := []sessions.Option{sessions.WithBaseURL(set.ClerkURL), sessions.WithUserAgent(set.Name)}
	var store *redisstore.Store
	if set.Store != "" {
		logging.Disable()
		var err error
		if store, err = redisstore.New(redis.NewClient(clientOptions(set)), redisstore.WithLogger(logger)); err != nil {
			return nil, nil, err
		}
	}
	if set.SharedLimit {
		limiter, err := store.Limiter(set.SecretKey, limit, limitTime)
		if err != nil {
			return nil, nil, err
		}
		options = append(options, sessions.WithLimiter(limiter))
	}
	client, err := sessions.NewClient(set.SecretKey, options...)
	if err != nil {
		return nil, nil, err
	}
	s, back := &service{client: client, bulk: client}, backend(client)
	if set.BulkLimit > 0 {
		s.bulk, err = client.With(sessions.WithLimiter(rate.NewLimiter(rate.Limit(set.BulkLimit), 1)))
		if err != nil {
			return nil, nil, err
		}
	}
	if store != nil {
		fleet, err := sessionfleet.New(client, store, set.SecretKey, sessionfleet.WithLogger(logger))
		if err != nil {
			return nil, nil, err
		}
		setClock(fleet, set.Ahead)
		back = fleet
	}
	s.tokens = sessions.NewTokenCache(back)
	return s, back, nil
}

// setClock makes a Fleet's clock go ahead. No option does that: a service has no use for it.
func setClock(fleet *sessionfleet.Fleet, ahead time.Duration) {
	clock := reflect.ValueOf(fleet).Elem().FieldByName("now")
	writable := reflect.NewAt(clock.Type(), clock.Addr().UnsafePointer()).Elem()
	writable.Set(reflect.ValueOf(func() time.Time { return time.Now().Add(ahead) }))
}

// clientOptions are those of the example of redisstore.New.
func clientOptions(set settings) *redis.Options {
	const patience = 250 * time.Millisecond
	return &redis.Options{
		Addr: set.Store, Password: set.Password,
		ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// userHeader says on a page who the visitor is, and reasonHeader why that is nobody.
const userHeader, reasonHeader = "X-User", "X-Reason"

func page(w http.ResponseWriter, req *http.Request) {
	who, _ := sessionhttp.FromContext(req.Context())
	w.Header().Set(userHeader, who.UserID)
	w.Header().Set(reasonHeader, fmt.Sprint(who.Reason, " ", who.Err))
	fmt.Fprintln(w, "hello")
}

func (s *service) token(w http.ResponseWriter, req *http.Request) {
	token, err := s.tokens.GetToken(req.Context(), req.FormValue("session"), sessions.TokenParams{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprint(w, token.JWT)
}

// get gets a session within 5 s.
func (s *service) get(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.client.Get(ctx, req.FormValue("session")); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// bulkJob gets a session n times, and answers how often that succeeded.
func (s *service) bulkJob(w http.ResponseWriter, req *http.Request) {
	n, _ := strconv.Atoi(req.FormValue("n"))
	group, done := errgroup.Group{}, make(chan bool, n)
	group.SetLimit(bulkAtOnce)
	for range n {
		group.Go(func() error {
			if _, err := s.bulk.Get(req.Context(), req.FormValue("session")); err == nil {
				done <- true
			}
			return nil
		})
	}
	_ = group.Wait()
	fmt.Fprint(w, len(done))
}

// revokeAll revokes all sessions of a user, and answers how many that were.
func (s *service) revokeAll(w http.ResponseWriter, req *http.Request) {
	result, err := s.bulk.RevokeAll(req.Context(), sessions.RevokeAllParams{UserID: req.FormValue("user")})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprint(w, len(result.Revoked))
}
