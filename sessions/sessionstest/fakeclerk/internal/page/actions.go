package page

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/control"
)

// maxForm is how many bytes of a form are read.
const maxForm = 64 << 10

// action does what a form asks for, and returns the address to go on to, "/" in most cases.
type action func(form url.Values) (next string, err error)

// act lets a form do what it asks for, and shows the page again.
func (h *handler) act(w http.ResponseWriter, r *http.Request, do action) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		h.write(w, r, http.StatusRequestEntityTooLarge, "The form is too large.")
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		h.write(w, r, http.StatusBadRequest, "The form is malformed.")
		return
	}
	next, err := do(form)
	if err != nil {
		h.write(w, r, http.StatusBadRequest, control.Sentence(err))
		return
	}
	h.in.Changed()
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (h *handler) end(form url.Values) (string, error) {
	clerk, id := h.in.Clerk(), form.Get("id")
	if _, ok := clerk.Session(id); !ok {
		return "", errors.New("there is no session with this id")
	}
	clerk.End(id)
	return "/", nil
}

func (h *handler) advance(form url.Values) (string, error) {
	d, err := time.ParseDuration(form.Get("advance"))
	if err != nil {
		return "", errors.New("the clock moves on by a duration, such as 1m")
	}
	return "/", h.in.Clerk().TryAdvance(d)
}

// inject injects one of the page's faults.
func (h *handler) inject(form url.Values) (string, error) {
	times, err := strconv.Atoi(form.Get("times"))
	if err != nil || times < 1 {
		return "", errors.New("a fault hits at least one request")
	}
	f := sessionstest.Fault{Operation: form.Get("operation"), Times: times}
	switch form.Get("fault") {
	case "429":
		f.Status, f.RetryAfter = http.StatusTooManyRequests, 10*time.Second
	case "500":
		f.Status = http.StatusInternalServerError
	case "slow":
		f.Delay = 3 * time.Second
	case "drop":
		f.Drop = true
	default:
		return "", errors.New("the page has no such fault")
	}
	return "/", h.in.Clerk().TryInject(f)
}

func (h *handler) clearFaults(url.Values) (string, error) {
	h.in.Clerk().ClearFaults()
	return "/", nil
}

// limit sets a rate limit, or lifts it.
func (h *handler) limit(form url.Values) (string, error) {
	if form.Get("lift") != "" {
		h.in.Clerk().LimitRate(0, 0)
		return "/", nil
	}
	const most = 24 * 60 * 60
	requests, err := strconv.Atoi(form.Get("requests"))
	seconds, err2 := strconv.Atoi(form.Get("seconds"))
	if err != nil || err2 != nil || requests < 1 || seconds < 1 || seconds > most {
		return "", errors.New("a limit is a number of requests in 1 to 86400 seconds")
	}
	h.in.Clerk().LimitRate(requests, time.Duration(seconds)*time.Second)
	return "/", nil
}

func (h *handler) clearCalls(url.Values) (string, error) {
	h.in.Clerk().ClearCalls()
	return "/", nil
}

func (h *handler) reset(url.Values) (string, error) {
	h.in.Reset()
	return "/", nil
}

func (h *handler) rotateKey(url.Values) (string, error) {
	h.in.Clerk().RotateKey()
	return "/", nil
}
