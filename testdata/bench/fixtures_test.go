package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// random makes ids and the like, the same in every run.
var random = rand.New(rand.NewPCG(5, 500))

// newID returns an id as Clerk makes them: a prefix and 27 random letters and digits.
func newID(prefix string) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	id := []byte(prefix + "_")
	for range 27 {
		id = append(id, alphabet[random.IntN(len(alphabet))])
	}
	return string(id)
}

// userID is the user whose sessions are listed.
const userID = "user_2abcDEFghiJKLmnoPQRsTUVwxy"

// session returns a session of the user as Clerk answers it. Every other id, every time and the whole activity differ
// from any other's, as real ones do: rows that are alike would only measure how well a decoder reuses strings.
func session(id, status string) string {
	created := 1_705_530_913_248 + random.Int64N(30*86_400_000)
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	return fmt.Sprintf(`{"object":"session","id":%q,"client_id":%q,"user_id":%q,"status":%q,`+
		`"last_active_organization_id":%q,"actor":null,"tasks":null,`+
		`"latest_activity":{"object":"session_activity","id":%q,"device_type":%q,"is_mobile":%t,"browser_name":%q,`+
		`"browser_version":"%d.0.%d.%d","ip_address":"%d.%d.%d.%d","city":%q,"country":%q},`+
		`"last_active_at":%d,"expire_at":%d,"abandon_at":%d,"created_at":%d,"updated_at":%d}`,
		id, newID("client"), userID, status, newID("org"),
		newID("sess_activity"), pick("Macintosh", "Windows", "iPhone", "Android", "Linux"), random.IntN(2) == 0,
		pick("Chrome", "Safari", "Firefox", "Edge"), 100+random.IntN(40), random.IntN(7000), random.IntN(200),
		random.IntN(224), random.IntN(256), random.IntN(256), random.IntN(256),
		pick("Lisbon", "Köln", "Austin", "Osaka", "Pune", "Lyon")+" "+strconv.Itoa(random.IntN(1000)),
		pick("PT", "DE", "US", "JP", "IN", "FR"),
		created+random.Int64N(86_400_000), created+7*86_400_000, created+30*86_400_000, created,
		created+random.Int64N(86_400_000))
}

// sessionPage returns a page of n sessions.
func sessionPage(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = session(newID("sess"), "active")
	}
	return `{"data":[` + strings.Join(rows, ",") + `],"total_count":` + strconv.Itoa(n) + `}`
}

// What the servers answer.
var (
	sessionID      = newID("sess")
	activeSession  = session(sessionID, "active")
	revokedSession = session(sessionID, "revoked")
	page100        = sessionPage(100)
	page500        = sessionPage(500)
	token          = `{"object":"token","jwt":"eyJhbGciOiJSUzI1NiIsImtpZCI6Imluc18xIiwidHlwIjoiSldUIn0.` +
		strings.Repeat("eyJhenAiOiJodHRwczovL2V4YW1wbGUuY29tIiwiZXhw", 8) + `.` +
		strings.Repeat("c2lnbmF0dXJl", 28) + `"}`
	notFound = `{"errors":[{"message":"Session not found","long_message":"No session was found with id ` + sessionID +
		`","code":"resource_not_found"}],"clerk_trace_id":"b5a0d4e3f2c14a6f9e8d7c6b5a4f3e2d"}`
)

// longList is a list of many sessions, whose pages are made when they are asked for: not all of it is ever in memory.
type longList struct {
	page   []byte  // with longPlace wherever rows have to differ
	places [][]int // where, by row
}

const (
	longListSize = 100_000
	pageSize     = 500
	longPlace    = "#######" // for a number of as many digits
	longRow      = `{"object":"session","id":"sess_2abcDEFghiJKLmnoPQRs#######",` +
		`"client_id":"client_2abcDEFghiJKLmnoPQRs#######","user_id":"` + userID + `",` +
		`"status":"active","last_active_organization_id":null,"actor":null,"tasks":null,` +
		`"latest_activity":{"object":"session_activity","id":"sess_activity_2abcDEFghiJKLmn#######",` +
		`"device_type":"Macintosh","is_mobile":false,"browser_name":"Chrome","browser_version":"120.0.#######",` +
		`"ip_address":"2001:db8::#######","city":"City #######","country":"PT"},` +
		`"last_active_at":170553#######,"expire_at":170553#######,"abandon_at":170553#######,` +
		`"created_at":170553#######,"updated_at":170553#######}`
)

func newLongList() *longList {
	l := &longList{page: []byte(`{"data":[`)}
	for i := range pageSize {
		if i > 0 {
			l.page = append(l.page, ',')
		}
		var places []int
		for at := range len(longRow) {
			if strings.HasPrefix(longRow[at:], longPlace) {
				places = append(places, len(l.page)+at)
			}
		}
		l.places = append(l.places, places)
		l.page = append(l.page, longRow...)
	}
	l.page = append(l.page, `],"total_count":`+strconv.Itoa(longListSize)+`}`...)
	return l
}

// answer returns the page that starts at offset, which has to be a multiple of pageSize.
func (l *longList) answer(offset int) []byte {
	if offset >= longListSize {
		return []byte(`{"data":[],"total_count":` + strconv.Itoa(longListSize) + `}`)
	}
	page := bytes.Clone(l.page)
	for i, places := range l.places {
		number := strconv.Itoa(1_000_000 + offset + i)
		for _, at := range places {
			copy(page[at:], number)
		}
	}
	return page
}
