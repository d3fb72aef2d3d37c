package ecosystem

import (
	"context"
	"net"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	fiber2 "github.com/gofiber/fiber/v2"
	adaptor2 "github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	echo4 "github.com/labstack/echo/v4"
	"github.com/labstack/echo/v5"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A framework serves GET /me, which answers the user's id, and POST /sign-out, both to those who are signed in.
type framework func(*testing.T, *sessionstest.Server, *sessionhttp.Authenticator) *service

// frameworks are the frameworks that Go services are built on, each with the middleware as the framework has it.
var frameworks = map[string]framework{
	"gin":      newGin,
	"echo v4":  newEcho4,
	"echo v5":  newEcho5,
	"chi":      newChi,
	"connect":  newConnect,
	"fiber":    newFiber,
	"fiber v2": newFiber2,
}

// userOf returns the user of a request that passed the middleware.
func userOf(ctx context.Context) string {
	who, _ := sessionhttp.FromContext(ctx)
	return who.UserID
}

// signOut ends the session of a request by net/http.
func signOut(auth *sessionhttp.Authenticator) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if err := auth.SignOut(w, req); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
}

// gin has middlewares of its own kind; one of net/http goes around the engine.
func newGin(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, userOf(c.Request.Context())) })
	engine.POST("/sign-out", gin.WrapF(signOut(auth)))
	return newService(t, fake, auth.Middleware(auth.Require(engine)))
}

func newEcho4(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	e := echo4.New()
	e.Use(echo4.WrapMiddleware(auth.Middleware), echo4.WrapMiddleware(auth.Require))
	e.GET("/me", func(c echo4.Context) error { return c.String(http.StatusOK, userOf(c.Request().Context())) })
	e.POST("/sign-out", func(c echo4.Context) error { return auth.SignOut(c.Response(), c.Request()) })
	return newService(t, fake, e)
}

func newEcho5(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	e := echo.New()
	e.Use(echo.WrapMiddleware(auth.Middleware), echo.WrapMiddleware(auth.Require))
	e.GET("/me", func(c *echo.Context) error { return c.String(http.StatusOK, userOf(c.Request().Context())) })
	e.POST("/sign-out", func(c *echo.Context) error { return auth.SignOut(c.Response(), c.Request()) })
	return newService(t, fake, e)
}

func newChi(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	router := chi.NewRouter()
	router.Use(auth.Middleware, auth.Require)
	router.Get("/me", whoami)
	router.Post("/sign-out", signOut(auth))
	return newService(t, fake, router)
}

// connect serves remote calls. One without side effects is a GET, and is refreshed like any other.
func newConnect(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	const procedure = "/example.v1.Users/Me"
	me := connect.NewUnaryHandler(procedure,
		func(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
			return connect.NewResponse(wrapperspb.String(userOf(ctx))), nil
		}, connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	mux := http.NewServeMux()
	mux.Handle(procedure, me)
	mux.Handle("POST /sign-out", signOut(auth))
	s := newService(t, fake, auth.Middleware(auth.Require(mux)))
	client := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](s.browser, s.url.String()+procedure,
		connect.WithHTTPGet(), connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	s.me = func() (int, string) {
		resp, err := client.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{}))
		switch {
		case err == nil:
			return http.StatusOK, resp.Msg.GetValue()
		case connect.CodeOf(err) != connect.CodeUnauthenticated:
			t.Errorf("connect: %v", err)
		}
		return http.StatusUnauthorized, ""
	}
	return s
}

// Fiber's context keeps the values of a request's context; the adaptor copies them.
func newFiber(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	app := fiber.New()
	app.Use(adaptor.HTTPMiddleware(auth.Middleware), adaptor.HTTPMiddleware(auth.Require))
	app.Get("/me", func(c fiber.Ctx) error { return c.SendString(userOf(c)) })
	app.Post("/sign-out", adaptor.HTTPHandler(signOut(auth)))
	listener := listen(t)
	go func() { _ = app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return newVisitor(t, fake, listener.Addr())
}

// The second version's adaptor doubles the cookies of a request that it hands on: one adaptor has the whole chain.
func newFiber2(t *testing.T, fake *sessionstest.Server, auth *sessionhttp.Authenticator) *service {
	app := fiber2.New(fiber2.Config{DisableStartupMessage: true})
	app.Use(adaptor2.HTTPMiddleware(func(next http.Handler) http.Handler {
		return auth.Middleware(auth.Require(next))
	}))
	app.Get("/me", func(c *fiber2.Ctx) error { return c.SendString(userOf(c.Context())) })
	app.Post("/sign-out", adaptor2.HTTPHandler(signOut(auth)))
	listener := listen(t)
	go func() { _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return newVisitor(t, fake, listener.Addr())
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
