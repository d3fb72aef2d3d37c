package sessions

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"sync"
)

const (
	pageSize   = 500  // the most that Clerk answers
	pagesAhead = 5    // beside the page that is awaited or handed out
	maxStale   = 1000 // pages in a row without a new row, while the total grows
)

// All returns every session that matches params, page after page, newest first and none twice.
// params.Limit is the size of a page, 500 unless set, and params.Offset the number of sessions to
// leave out at the start. From the second page on, pages are fetched ahead, several at a time. Each
// range over the result is a new walk. An error ends the walk; it is one of List. All requests have
// ended when the loop has, however the loop ended.
//
// The loop may revoke the sessions that it is given, and sessions may come and go meanwhile. When a
// total count shows that sessions vanished, All goes back and reads on from where no session is
// left out. A session can be missed only where sessions come and vanish at the same time, so that
// the total does not show it, where the session moves to before params.Offset, or where the answers
// have no totals: then revoke after the loop, as RevokeAll does.
//
// A page without a new session, although the server claims that there are more, ends the walk with
// ErrInvalidResponse, unless the total grew since the page before. Where the answers have no
// totals, the second such page in a row does.
//
// GET /sessions
func (c *Client) All(ctx context.Context, params ListParams) iter.Seq2[Session, error] {
	params.Limit = cmp.Or(params.Limit, pageSize)
	return func(yield func(Session, error) bool) {
		w := &walk{client: c, params: params, offset: params.Offset, size: params.Limit}
		w.seed, w.seen = maphash.MakeSeed(), make(map[uint64]struct{})
		defer w.running.Wait()
		defer w.restart(0) // which ends the requests that still run
		for !w.ended {
			rows, err := w.next(ctx)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for i := range rows {
				if !yield(rows[i], nil) {
					return
				}
			}
		}
	}
}

// walk goes through the pages of a list. It keeps its place as a distance from the list's end,
// which neither a session that comes at the top nor a session that vanishes before the place
// changes. Offsets from the top change with both.
type walk struct {
	client *Client
	params ListParams // Offset is where the walk starts

	pages  []*page // the page that is read or handed out, and those that were asked for after it
	offset int     // of the next page to ask for
	readTo int     // pages that start before this offset are fetched ahead; 0 for none

	running sync.WaitGroup // requests, also those of pages that were dropped

	left     int // how many rows followed the last page, as its total claims
	size     int // how many rows a full page of this server has, by the last page that had any
	turnedAt int // the offset that the walk went back from, until a page has a new row; else 0
	stale    int // how many pages in a row had no new row
	ended    bool

	seed maphash.Seed
	seen map[uint64]struct{} // hashes of the ids that were handed out, smaller than the ids
}

// page is a page that was asked for. Its list, err and panicked are set once it is done.
type page struct {
	offset   int
	cancel   context.CancelFunc
	done     sync.WaitGroup
	list     *SessionList
	err      error
	panicked any // lost if the loop ends before the page is read
}

// next reads the next page and returns those of its rows that were not handed out yet. A page that
// shows that sessions vanished is not used: rows may have moved to before it. The walk goes back
// instead, and next returns no rows. It does not go back from the same place twice unless it found
// something new in between: totals that are wrong would keep it there.
func (w *walk) next(ctx context.Context) ([]Session, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	w.pages = slices.Delete(w.pages, 0, min(1, len(w.pages))) // the page that was handed out
	w.fetch(ctx)
	page := w.pages[0]
	page.done.Wait()
	if page.panicked != nil {
		panic(page.panicked)
	}
	if page.err != nil {
		return nil, page.err
	}
	got, total := len(page.list.Data), page.list.TotalCount // total is -1 for a bare array
	vanished := min(w.left-(total-page.offset), w.size)     // negative if sessions came
	reread := page.offset < w.turnedAt
	if vanished > 0 && total > 0 && page.offset > w.params.Offset && (w.turnedAt == 0 || reread) {
		w.turnedAt = page.offset
		// By twice as many rows as vanished, since more may vanish until the answer is there.
		w.restart(max(w.params.Offset, page.offset-min(2*vanished, w.size)))
		return nil, nil
	}
	rows := slices.DeleteFunc(page.list.Data, w.handedOut)
	end, full := page.offset+got, got >= w.size
	// The server claims by its total that rows follow or, where it gives none, by a full page.
	claimed := total > end || total < 0 && full
	// A full page may hide more, whatever the total says. Beyond the greatest offset there is nothing
	// to ask for.
	w.ended = end < 0 || !claimed && (!full || len(rows) == 0 && !reread)
	switch {
	case w.ended || len(rows) > 0:
		w.turnedAt, w.stale = 0, 0
	case w.stale < maxStale && (vanished < 0 || reread || total < 0 && w.stale == 0):
		w.stale++
	default:
		return nil, badList("the page at offset %d has nothing new, but the server claims more",
			page.offset)
	}
	if len(w.pages) == 1 || w.pages[1].offset != end {
		w.restart(end)
	}
	w.readTo = 0
	if vanished == 0 && !reread {
		w.readTo = total // the list stands still, as far as its total tells
	}
	w.left, w.size = total-end, cmp.Or(got, w.size)
	w.fetch(ctx)
	return rows, nil
}

// handedOut reports whether a session was handed out before, and takes note of it.
func (w *walk) handedOut(session Session) bool {
	before := len(w.seen)
	w.seen[maphash.String(w.seed, session.ID)] = struct{}{}
	return len(w.seen) == before
}

// fetch asks for the page to read, unless that was done, and for the pages that may be fetched
// ahead.
func (w *walk) fetch(ctx context.Context) {
	for len(w.pages) == 0 || len(w.pages) <= pagesAhead && 0 <= w.offset && w.offset < w.readTo {
		ctx, cancel := context.WithCancel(ctx)
		page := &page{offset: w.offset, cancel: cancel, err: errNoResult}
		params := w.params
		params.Offset = w.offset
		w.pages = append(w.pages, page)
		w.offset += w.size
		page.done.Go(func() {
			defer cancel()
			defer func() { page.panicked = recover() }() // for whoever reads the page
			page.list, page.err = w.client.List(ctx, params)
		})
	}
}

// errNoResult stays where a transport ends the goroutine that it was called on.
var errNoResult = errors.New("clerk: the call ended without a result")

// restart drops the pages that were asked for ahead, and goes on from an offset.
func (w *walk) restart(offset int) {
	for _, page := range w.pages {
		page.cancel()
		w.running.Go(page.done.Wait)
	}
	w.pages = slices.Delete(w.pages, min(1, len(w.pages)), len(w.pages))
	w.offset, w.readTo = offset, 0
}
