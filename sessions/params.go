package sessions

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// ListParams says which sessions to list: those that match every field. A zero field is not sent.
type ListParams struct {
	ClientID string // only sessions of this client, a browser or device
	UserID   string // only sessions of this user
	Status   Status // only sessions in this state
	Limit    int    // the most sessions of one page, 1 to 500; Clerk's default is 10, that of All 500
	Offset   int    // how many matching sessions to leave out at the start
}

func (p ListParams) check() error {
	if min(p.Limit, p.Offset) < 0 {
		return invalid("Limit and Offset must not be negative; 0 is not sent")
	}
	return errors.Join(checkUTF8("ClientID", p.ClientID), checkUTF8("UserID", p.UserID),
		checkUTF8("Status", string(p.Status)))
}

func (p ListParams) query() *gen.GetSessionListParams {
	return &gen.GetSessionListParams{
		ClientID:  nonZero(p.ClientID),
		UserID:    nonZero(p.UserID),
		Status:    nonZero(gen.SessionStatus(p.Status)),
		Paginated: new(true), // the answer then has a total; Clerk's own SDKs send it too
		Limit:     nonZero(p.Limit),
		Offset:    nonZero(p.Offset),
	}
}

// CreateParams says whose session to create.
type CreateParams struct {
	UserID               string // required
	ActiveOrganizationID string // the organization the session starts in; "" for none
}

func (p CreateParams) check() error {
	return errors.Join(checkRequired("UserID", p.UserID),
		checkUTF8("ActiveOrganizationID", p.ActiveOrganizationID))
}

// TokenParams says which token to mint. Its zero value stands for a session token with the lifetime
// that the Clerk instance gives its session tokens.
type TokenParams struct {
	Template  string        // the name of a JWT template; "" for the session token
	ExpiresIn time.Duration // whole seconds; Clerk takes 30 s to 10 years; 0 is Clerk's default
}

func (p TokenParams) check() error {
	if p.ExpiresIn < 0 || p.ExpiresIn%time.Second != 0 {
		return invalid("ExpiresIn %v must be whole seconds, and not negative", p.ExpiresIn)
	}
	return checkTemplate(p.Template)
}

// RefreshParams is what a server knows of a browser whose session token has expired. It prints,
// logs and encodes as JSON without its tokens and headers. Package sessionhttp makes the
// RefreshParams of a request.
type RefreshParams struct {
	ExpiredToken         string      // the session token of the browser's request; required
	RefreshToken         string      // from the browser's refresh cookie; required
	RequestOrigin        string      // of that request, "https://app.example.com"; required
	RequestOriginatingIP string      // the IP address of the browser; "" is not sent
	RequestHeaders       http.Header // of the browser's request, sent as they are; nil is not sent
	SuffixedCookies      bool        // whether the cookies' names have the instance's suffix
}

func (p *RefreshParams) check() error {
	return errors.Join(
		checkRequired("ExpiredToken", p.ExpiredToken),
		checkRequired("RefreshToken", p.RefreshToken),
		checkRequired("RequestOrigin", p.RequestOrigin),
		checkUTF8("RequestOriginatingIP", p.RequestOriginatingIP),
		checkUTF8("a name or value in RequestHeaders", fmt.Sprint(p.RequestHeaders)),
	)
}

func (p *RefreshParams) body(format gen.RefreshSessionRequestFormat) gen.RefreshSessionRequest {
	body := gen.RefreshSessionRequest{
		ExpiredToken:         p.ExpiredToken,
		RefreshToken:         p.RefreshToken,
		RequestOrigin:        p.RequestOrigin,
		RequestOriginatingIP: p.RequestOriginatingIP,
		Format:               format,
	}
	if p.RequestHeaders != nil {
		headers := make(map[string][]string, len(p.RequestHeaders))
		for name, values := range p.RequestHeaders {
			headers[name] = append([]string{}, values...) // not nil, which would become null
		}
		body.RequestHeaders = &headers
	}
	return body
}

// secrets returns everything of p that must not show in an error: the tokens, the address, and what
// is secret in the browser's headers.
func (p *RefreshParams) secrets() []string {
	return append(redact.HeaderSecrets(p.RequestHeaders),
		p.ExpiredToken, p.RefreshToken, p.RequestOriginatingIP)
}

// Format writes no token and no header, for every verb.
func (p RefreshParams) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "sessions.RefreshParams{[redacted]}")
}

// LogValue returns no token and no header.
func (p RefreshParams) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// MarshalText returns no token and no header. Encoding a RefreshParams as JSON uses it.
func (p RefreshParams) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(p)), nil }

// nonZero returns a pointer to v, or nil if v is the zero value, which the generated client does
// not send.
func nonZero[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
