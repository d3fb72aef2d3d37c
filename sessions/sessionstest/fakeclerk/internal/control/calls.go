package control

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

// call is a sessionstest.Call in JSON.
type call struct {
	Operation  string      `json:"operation"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query"`
	Headers    http.Header `json:"headers"`
	Body       string      `json:"body"`
	Time       time.Time   `json:"time"`
	Status     int         `json:"status"`
	TookMS     float64     `json:"took_ms"`
	Violations []string    `json:"violations"`
}

func listCalls(in *instance.Instance, r *http.Request) (any, error) {
	const operation, since = "operation", "since"
	params, err := query(r, operation, since)
	if err != nil {
		return nil, err
	}
	clerk := in.Clerk()
	known := clerk.Operations()
	if name := params.Get(operation); params.Has(operation) && !slices.Contains(known, name) {
		return nil, fmt.Errorf("the operation has to be one of %s", strings.Join(known, ", "))
	}
	var after time.Time
	if params.Has(since) {
		if after, err = time.Parse(time.RFC3339Nano, params.Get(since)); err != nil {
			return nil, errors.New("since has to be a time like 2026-11-24T18:00:00.25Z, " +
				"such as the now or a call's time of an earlier answer")
		}
	}
	now, calls := clerk.Now().UTC(), []call{}
	for _, c := range clerk.Calls() {
		if params.Has(operation) && c.Operation != params.Get(operation) || !c.Time.After(after) {
			continue
		}
		calls = append(calls, call{
			Operation:  c.Operation,
			Method:     c.Method,
			Path:       c.Path,
			Query:      c.RawQuery,
			Headers:    c.Header,
			Body:       strings.ToValidUTF8(string(c.Body), "\uFFFD"),
			Time:       c.Time.UTC(),
			Status:     c.Status,
			TookMS:     float64(c.Took.Microseconds()) / 1000,
			Violations: append([]string{}, c.Violations...),
		})
	}
	return struct {
		Calls []call    `json:"calls"`
		Now   time.Time `json:"now"`
	}{calls, now}, nil
}

func clearCalls(in *instance.Instance, _ *http.Request) (any, error) {
	in.Clerk().ClearCalls()
	return nil, nil
}

func listViolations(in *instance.Instance, _ *http.Request) (any, error) {
	violations := []string{}
	for _, err := range in.Clerk().Violations() {
		violations = append(violations, err.Error())
	}
	return struct {
		Violations []string `json:"violations"`
	}{violations}, nil
}
