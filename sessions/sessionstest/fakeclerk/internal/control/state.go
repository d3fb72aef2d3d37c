package control

import (
	"errors"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

func health(*instance.Instance, *http.Request) (any, error) {
	return map[string]string{"status": "ok"}, nil
}

func env(in *instance.Instance, _ *http.Request) (any, error) {
	out := map[string]string{}
	for _, variable := range in.Environment() {
		out[variable[0]] = variable[1]
	}
	return out, nil
}

func reset(in *instance.Instance, _ *http.Request) (any, error) {
	in.Reset()
	return nil, nil
}

func clock(in *instance.Instance, _ *http.Request) (any, error) {
	return struct {
		Now time.Time `json:"now"`
	}{in.Clerk().Now().UTC()}, nil
}

func advance(in *instance.Instance, r *http.Request) (any, error) {
	params, err := decode[struct {
		Advance duration `json:"advance"`
	}](r)
	if err != nil {
		return nil, err
	}
	if params.Advance == 0 {
		return nil, errors.New(`advance has to be a duration: {"advance": "90s"}`)
	}
	if err := in.Clerk().TryAdvance(time.Duration(params.Advance)); err != nil {
		return nil, err
	}
	return clock(in, r)
}

var errNoLimit = errors.New(`a limit has two positive numbers: {"requests": 100, "per": "10s"}`)

// rateLimit is a rate limit in JSON.
type rateLimit struct {
	Requests int      `json:"requests"`
	Per      duration `json:"per"`
}

func limitRate(in *instance.Instance, r *http.Request) (any, error) {
	limit, err := decode[rateLimit](r)
	if err != nil {
		return nil, err
	}
	if limit.Requests <= 0 || limit.Per <= 0 {
		return nil, errNoLimit
	}
	in.Clerk().LimitRate(limit.Requests, time.Duration(limit.Per))
	return limit, nil
}

func rotateKey(in *instance.Instance, _ *http.Request) (any, error) {
	in.Clerk().RotateKey()
	return nil, nil
}

func liftRateLimit(in *instance.Instance, _ *http.Request) (any, error) {
	in.Clerk().LimitRate(0, 0)
	return nil, nil
}
