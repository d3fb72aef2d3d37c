package consumer

import (
	"net/http"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

var (
	_ func(...sessionstest.Option) *sessionstest.Server = sessionstest.NewServer
	_ func(*sessionstest.Server)                        = (*sessionstest.Server).Close
	_ func(*sessionstest.Server) http.Handler           = (*sessionstest.Server).Handler
	_ func(*sessionstest.Server) *http.Client           = (*sessionstest.Server).HTTPClient
	_ func(
		*sessionstest.Server, sessionstest.Session,
	) sessionstest.Session = (*sessionstest.Server).AddSession
	_ func(*sessionstest.Server, string) sessionstest.SignIn = (*sessionstest.Server).SignIn
	_ func(*sessionstest.Server, sessionstest.Fault)         = (*sessionstest.Server).Inject
	_ func(*sessionstest.Server, int, time.Duration)         = (*sessionstest.Server).LimitRate
	_ func(*sessionstest.Server, time.Duration)              = (*sessionstest.Server).Advance
	_ func(*sessionstest.Server) time.Time                   = (*sessionstest.Server).Now
	_ func(*sessionstest.Server) []sessionstest.Call         = (*sessionstest.Server).Calls
	_ func(*sessionstest.Server) []error                     = (*sessionstest.Server).Violations
	_ func(*sessionstest.Server) []byte                      = (*sessionstest.Server).PublicKeyPEM

	_ func() sessionstest.Option                 = sessionstest.WithoutListener
	_ func() sessionstest.Option                 = sessionstest.WithoutCalls
	_ func() sessionstest.Option                 = sessionstest.WithProduction
	_ func(func() time.Time) sessionstest.Option = sessionstest.WithClock
	_ func(time.Duration) sessionstest.Option    = sessionstest.WithTokenLifetime
)

var (
	_ func(testing.TB, ...sessionstest.Option) *sessionstest.Server = sessionstest.New
	_ func(int) sessionstest.Option                                 = sessionstest.WithMaxCalls
	_ func(*sessionstest.Server)                                    = (*sessionstest.Server).RotateKey
	_ func(*sessionstest.Server, string)                            = (*sessionstest.Server).End
	_ func(*sessionstest.Server) []string                           = (*sessionstest.Server).Operations
	_ func(*sessionstest.Server) []sessionstest.Session             = (*sessionstest.Server).Sessions
	_ func(
		*sessionstest.Server, string,
	) (sessionstest.Session, bool) = (*sessionstest.Server).Session
	_ func(*sessionstest.Server)                           = (*sessionstest.Server).ClearCalls
	_ func(*sessionstest.Server)                           = (*sessionstest.Server).ClearFaults
	_ func(*sessionstest.Server) []sessionstest.Fault      = (*sessionstest.Server).Faults
	_ func(*sessionstest.Server) (int, time.Duration)      = (*sessionstest.Server).RateLimit
	_ func(*sessionstest.Server, sessionstest.Fault) error = (*sessionstest.Server).TryInject
	_ func(*sessionstest.Server, time.Duration) error      = (*sessionstest.Server).TryAdvance
	_ func(*sessionstest.Server, int, time.Duration) error = (*sessionstest.Server).TryLimitRate
	_ func(
		*sessionstest.Server, sessionstest.SignInParams,
	) sessionstest.SignIn = (*sessionstest.Server).SignInWith
	_ func(
		*sessionstest.Server, sessionstest.SignInParams,
	) (sessionstest.SignIn, error) = (*sessionstest.Server).TrySignInWith
)

func _(params sessionstest.SignInParams) {
	is[string](&params.UserID)
	is[string](&params.Origin)
	is[string](&params.OrganizationID)
	is[map[string]any](&params.Claims)
	is[[]sessionstest.Task](&params.Tasks)
}

func _(server *sessionstest.Server, signIn sessionstest.SignIn, fault sessionstest.Fault,
	call sessionstest.Call,
) {
	is[string](&server.URL)
	is[string](&server.FrontendAPI)
	is[string](&server.JWKSURL)
	is[string](&server.Issuer)
	is[string](&server.SecretKey)
	is[string](&server.PublishableKey)

	is[string](&signIn.SessionID)
	is[string](&signIn.SessionToken)
	is[string](&signIn.RefreshToken)
	is[[]*http.Cookie](&signIn.Cookies)

	is[string](&fault.Operation)
	is[string](&fault.SessionID)
	is[int](&fault.Times)
	is[int](&fault.Status)
	is[time.Duration](&fault.RetryAfter)
	is[time.Duration](&fault.Delay)
	is[string](&fault.Body)
	is[string](&fault.ContentType)
	is[bool](&fault.Drop)

	is[string](&call.Operation)
	is[string](&call.Method)
	is[string](&call.Path)
	is[string](&call.RawQuery)
	is[http.Header](&call.Header)
	is[[]byte](&call.Body)
	is[time.Time](&call.Time)
	is[int](&call.Status)
	is[time.Duration](&call.Took)
	is[[]string](&call.Violations)
}

func _(session sessionstest.Session, activity sessionstest.Activity, task sessionstest.Task) {
	is[string](&session.ID)
	is[string](&session.ClientID)
	is[string](&session.UserID)
	is[string](&session.Status)
	is[string](&session.LastActiveOrganizationID)
	is[*sessionstest.Activity](&session.LatestActivity)
	is[map[string]any](&session.Actor)
	is[[]sessionstest.Task](&session.Tasks)
	is[time.Time](&session.LastActiveAt)
	is[time.Time](&session.ExpireAt)
	is[time.Time](&session.AbandonAt)
	is[time.Time](&session.CreatedAt)
	is[time.Time](&session.UpdatedAt)

	is[string](&activity.ID)
	is[string](&activity.DeviceType)
	is[string](&activity.BrowserName)
	is[string](&activity.BrowserVersion)
	is[string](&activity.IPAddress)
	is[string](&activity.City)
	is[string](&activity.Country)
	is[bool](&activity.IsMobile)

	is[string](&task.Key)
}
