package control

import (
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

// fault is a sessionstest.Fault in JSON.
type fault struct {
	Operation   string   `json:"operation,omitzero"`
	SessionID   string   `json:"session_id,omitzero"`
	Times       int      `json:"times,omitzero"`
	Status      int      `json:"status,omitzero"`
	RetryAfter  duration `json:"retry_after,omitzero"`
	Delay       duration `json:"delay,omitzero"`
	Body        string   `json:"body,omitzero"`
	ContentType string   `json:"content_type,omitzero"`
	Drop        bool     `json:"drop,omitzero"`
}

func listFaults(in *instance.Instance, _ *http.Request) (any, error) {
	faults := []fault{}
	for _, f := range in.Clerk().Faults() {
		faults = append(faults, fault{
			f.Operation, f.SessionID, f.Times, f.Status, duration(f.RetryAfter), duration(f.Delay),
			f.Body, f.ContentType, f.Drop,
		})
	}
	return struct {
		Faults []fault `json:"faults"`
	}{faults}, nil
}

func inject(in *instance.Instance, r *http.Request) (any, error) {
	f, err := decode[fault](r)
	if err != nil {
		return nil, err
	}
	err = in.Clerk().TryInject(sessionstest.Fault{
		Operation:   f.Operation,
		SessionID:   f.SessionID,
		Times:       f.Times,
		Status:      f.Status,
		RetryAfter:  time.Duration(f.RetryAfter),
		Delay:       time.Duration(f.Delay),
		Body:        f.Body,
		ContentType: f.ContentType,
		Drop:        f.Drop,
	})
	if err != nil {
		return nil, err
	}
	return listFaults(in, r)
}

func clearFaults(in *instance.Instance, _ *http.Request) (any, error) {
	in.Clerk().ClearFaults()
	return nil, nil
}
