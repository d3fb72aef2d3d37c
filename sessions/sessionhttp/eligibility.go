package sessionhttp

import (
	"math"
	"net/http"
	"time"
)

// clockSkew is how long after its expiry a token still counts as good, and how long before it is.
const clockSkew = 5 * time.Second

// judge returns what can be said of a request without asking anybody; ask is true if that is not all.
func judge(req *http.Request, v *visit, now time.Time) (out Outcome, ask bool) {
	c, readable := v.claims, v.readable
	if v.bearer != "" { // the one that counts, whatever the cookies say
		c, readable = decodeToken(v.bearer)
	} else {
		switch {
		case v.token == "" && v.uat == 0:
			return Outcome{Status: StatusNotNeeded, Reason: reasonNoToken}, false
		case v.token == "":
			return Outcome{Status: StatusHandshakeNeeded, Reason: reasonNoTokenButUAT}, false
		case v.uat == 0:
			return Outcome{Status: StatusHandshakeNeeded, Reason: reasonNoUAT}, false
		case readable && c.issuedAt.asNumber(math.NaN()) < v.uat:
			return Outcome{Status: StatusHandshakeNeeded, Reason: reasonOlderThanUAT}, false
		}
	}
	switch {
	case !readable || c.expiry.kind != '0':
		return Outcome{Status: StatusNotEligible, Reason: reasonUndecodable}, false
	case !longExpired(c.expiry.number, now):
		return Outcome{Status: StatusNotNeeded}, false
	case req.Method != http.MethodGet:
		return Outcome{Status: StatusNotEligible, Reason: reasonNotGet}, false
	case v.ownRefresh == "":
		return Outcome{Status: StatusNotEligible, Reason: reasonNoCookie}, false
	}
	return Outcome{}, true
}

// maxTime is the last time that JavaScript knows, in milliseconds; what is beyond has never expired.
const maxTime = 8.64e15

// longExpired reports whether an exp is at least the clock skew ago.
func longExpired(exp float64, now time.Time) bool {
	ms := math.Trunc(exp) * 1000
	return math.Abs(ms) <= maxTime && ms <= float64(now.Add(-clockSkew).UnixMilli())
}

// fresh reports whether the claims of a refreshed token, as far as they are there, fit the session and the time.
func fresh(c claims, sessionID string, now time.Time) bool {
	switch {
	case c.sessionID.kind != 0 && c.sessionID.text != sessionID:
		return false
	case c.expiry.kind == '0' && longExpired(c.expiry.number, now):
		return false
	case c.notBefore.kind == '0' && c.notBefore.number*1000 > float64(now.Add(clockSkew).UnixMilli()):
		return false
	}
	return true
}
