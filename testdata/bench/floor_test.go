package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// floorSession has what sessions.Session has, and is decoded into directly. Nothing of it is checked.
type floorSession struct {
	ID                       string         `json:"id"`
	ClientID                 string         `json:"client_id"`
	UserID                   string         `json:"user_id"`
	Status                   string         `json:"status"`
	LastActiveOrganizationID string         `json:"last_active_organization_id"`
	LatestActivity           *floorActivity `json:"latest_activity"`
	Actor                    map[string]any `json:"actor"`
	Tasks                    []floorTask    `json:"tasks"`
	LastActiveAt             millis         `json:"last_active_at"`
	ExpireAt                 millis         `json:"expire_at"`
	AbandonAt                millis         `json:"abandon_at"`
	CreatedAt                millis         `json:"created_at"`
	UpdatedAt                millis         `json:"updated_at"`
}

type floorActivity struct {
	ID             string `json:"id"`
	DeviceType     string `json:"device_type"`
	BrowserName    string `json:"browser_name"`
	BrowserVersion string `json:"browser_version"`
	IPAddress      string `json:"ip_address"`
	City           string `json:"city"`
	Country        string `json:"country"`
	IsMobile       bool   `json:"is_mobile"`
}

// millis is a time that comes as milliseconds since the Unix epoch.
type millis struct{ time.Time }

func (m *millis) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	ms, err := strconv.ParseInt(string(value), 10, 64)
	m.Time = time.UnixMilli(ms).UTC()
	return err
}

type floorTask struct {
	Key string `json:"key"`
}

type floorPage struct {
	Data       []floorSession `json:"data"`
	TotalCount int            `json:"total_count"`
}

type floorToken struct {
	JWT string `json:"jwt"`
}

type floorError struct {
	status  int
	Errors  []floorErrorItem `json:"errors"`
	TraceID string           `json:"clerk_trace_id"`
}

type floorErrorItem struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	LongMessage string `json:"long_message"`
}

func (e *floorError) Error() string { return fmt.Sprintf("status %d", e.status) }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// call is net/http and JSON v2 with a pooled buffer, and nothing else: no checks, no timeout, no retry.
func call[T any](ctx context.Context, c *http.Client, method, url string) (*T, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header["Authorization"] = authorization
	req.Header["Clerk-Api-Version"] = version
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if _, err := buf.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		refused := &floorError{status: resp.StatusCode}
		if err := json.Unmarshal(buf.Bytes(), refused); err != nil {
			return nil, err
		}
		return nil, refused
	}
	value := new(T)
	return value, json.Unmarshal(buf.Bytes(), value)
}

var (
	authorization = []string{"Bearer " + secretKey}
	version       = []string{"2026-05-12"}
)

func newFloor(tb testing.TB, baseURL string, transport http.RoundTripper) client {
	if transport == nil { // somebody who writes this by hand knows that two idle connections are too few
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = 64
		tb.Cleanup(own.CloseIdleConnections)
		transport = own
	}
	c := &http.Client{Transport: transport}
	base := baseURL + "/v1/sessions"
	return client{
		get: func(ctx context.Context) error {
			s, err := call[floorSession](ctx, c, http.MethodGet, base+"/"+sessionID)
			if err != nil {
				return err
			}
			return unless(s.ID == sessionID)
		},
		list: func(ctx context.Context, limit int) error {
			l, err := call[floorPage](ctx, c, http.MethodGet,
				fmt.Sprintf("%s?limit=%d&paginated=true&user_id=%s", base, limit, userID))
			if err != nil {
				return err
			}
			return unless(len(l.Data) == limit)
		},
		getToken: func(ctx context.Context) error {
			t, err := call[floorToken](ctx, c, http.MethodPost, base+"/"+sessionID+"/tokens")
			if err != nil {
				return err
			}
			return unless(t.JWT != "")
		},
		revoke: func(ctx context.Context) error {
			s, err := call[floorSession](ctx, c, http.MethodPost, base+"/"+sessionID+"/revoke")
			if err != nil {
				return err
			}
			return unless(s.Status == "revoked")
		},
		getMissing: func(ctx context.Context) error {
			_, err := call[floorSession](ctx, c, http.MethodGet, base+"/"+missingID)
			refused, ok := err.(*floorError) //nolint:errorlint // the floor does as little as it can
			return unless(ok && refused.status == 404 && refused.Errors[0].Code == "resource_not_found")
		},
	}
}
