package sessionstest

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// store holds the instance's sessions and knows its users.
type store struct {
	mu     sync.Mutex
	byID   map[string]*record
	byAge  []*record // oldest first; sessions of the same age in the order in which they came in
	users  map[string]bool
	lastIn int
}

// record is a session and what a browser would hold for it.
type record struct {
	Session
	refreshToken string         // "" for a session that no browser signed in to
	browser      string         // the token of the browser that signed in to it, likewise
	origin       string         // the azp of its tokens; "" for the default
	claims       map[string]any // further claims of its tokens
	order        int
}

// filter says which sessions to list; an empty field matches all.
type filter struct {
	clientID, userID, status string
}

// put keeps r, in the place of one with the same id.
func (st *store) put(r record) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.byID == nil {
		st.byID, st.users = map[string]*record{}, map[string]bool{}
	}
	if old := st.byID[r.ID]; old != nil {
		i, _ := slices.BinarySearchFunc(st.byAge, old, compareAge)
		st.byAge = slices.Delete(st.byAge, i, i+1)
		if r.refreshToken == "" {
			r.refreshToken, r.browser = old.refreshToken, old.browser
			r.origin, r.claims = old.origin, old.claims
		}
	}
	st.lastIn++
	r.order = st.lastIn
	st.byID[r.ID], st.users[r.UserID] = &r, true
	i, _ := slices.BinarySearchFunc(st.byAge, &r, compareAge)
	st.byAge = slices.Insert(st.byAge, i, &r)
}

func compareAge(a, b *record) int {
	if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
		return c
	}
	return a.order - b.order
}

// get returns a session as it is at the time now.
func (st *store) get(id string, now time.Time) (record, bool) {
	return st.update(id, now, func(*Session) {})
}

// update lets edit change a session, unless it is over at the time now, and returns it as it then
// is. The edit must leave the session's id and its age alone.
func (st *store) update(id string, now time.Time, edit func(*Session)) (record, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	kept := st.byID[id]
	if kept == nil {
		return record{}, false
	}
	if kept.at(now).live() {
		edit(&kept.Session)
	}
	seen := *kept
	seen.Session = kept.at(now).clone()
	return seen, true
}

// someUsers returns the ids of at most limit users, sorted.
func (st *store) someUsers(limit int) []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	users := slices.Sorted(maps.Keys(st.users))
	return users[:min(limit, len(users))]
}

// hasUser reports whether a session was ever made for the user.
func (st *store) hasUser(id string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.users[id]
}

// list returns at most limit of the sessions that match, newest first, after leaving out the first
// offset of them, and how many sessions match in total.
func (st *store) list(f filter, offset, limit int, now time.Time) (page []Session, total int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	page = []Session{}
	for _, r := range slices.Backward(st.byAge) {
		x := r.at(now)
		if !f.matches(x) {
			continue
		}
		if total >= offset && len(page) < limit {
			page = append(page, x.clone())
		}
		total++
	}
	return page, total
}

func (f filter) matches(x Session) bool {
	return (f.clientID == "" || f.clientID == x.ClientID) &&
		(f.userID == "" || f.userID == x.UserID) &&
		(f.status == "" || f.status == x.Status)
}
