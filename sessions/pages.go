package sessions

import (
	"context"
	"iter"
	"net/http"
	"sync"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/idset"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

const (
	pageSize   = 500 // the most that Clerk answers
	pagesAhead = 5   // beside the one that is waited for or handed out
)

// All returns every session that matches params, newest first, page after page; it fetches pages ahead, several at a time. Limit is
// the size of a page, 500 unless set, and Offset is where to start. Each range over it is a new walk. After an error nothing
// follows. All requests have ended when the loop has, however it ended.
//
// Clerk's pages shift while sessions come and go. A session that moves to a later page is not handed out twice. One that moves to a
// page already read, because others before it vanished, is looked for there, as far as the totals tell; it is missed if as many
// sessions came meanwhile as vanished, or if more vanished than a page has.
//
// GET /sessions
func (c *Client) All(ctx context.Context, params ListParams) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		err := params.check()
		if ctx == nil {
			err = errNoContext
		}
		if err != nil {
			yield(Session{}, err)
			return
		}
		w := newWalk(ctx, c, params)
		defer w.close()
		for !w.ended {
			rows, err := w.next() //nolint:contextcheck // the walk holds the context of its requests
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

// walk goes through the pages of a list. The total that a page claims is only a hint: the walk ends at an empty page, at a page
// with nothing new, or at a short page that the total says is the last.
type walk struct {
	client *Client
	params ListParams
	parent context.Context // the caller's
	ctx    context.Context // of the requests ahead; made anew when they turn out to be for the wrong offsets
	cancel context.CancelFunc

	running sync.WaitGroup
	ahead   []*pageAhead // in order
	offset  int          // of the next page to ask for
	stride  int          // how many rows a full page of this server has
	until   int          // no page ahead starts here or later
	total   int          // what the last page claimed
	early   bool         // rows of this page may have been handed out with those that had moved before it
	ended   bool

	seen *idset.Set // the ids handed out
}

// pageAhead is a page that is being fetched; list and err are set once done is closed.
type pageAhead struct {
	offset int
	done   chan struct{}
	list   *SessionList
	err    error
}

func newWalk(ctx context.Context, c *Client, params ListParams) *walk {
	if params.Limit == 0 {
		params.Limit = pageSize
	}
	w := &walk{client: c, params: params, parent: ctx, seen: idset.New()}
	w.restart(params.Offset, params.Limit)
	w.fetch() //nolint:contextcheck // the walk holds the context of its requests; the first page alone: how many there are is not known
	return w
}

// close ends what is still being fetched, and waits for it.
func (w *walk) close() {
	w.cancel()
	w.running.Wait()
}

// restart forgets the pages ahead and goes on from an offset.
func (w *walk) restart(offset, stride int) {
	if w.cancel != nil {
		w.cancel()
	}
	w.ctx, w.cancel = context.WithCancel(w.parent)
	w.ahead, w.offset, w.stride = nil, offset, stride
}

// next returns the rows of the next page that were not handed out yet.
func (w *walk) next() ([]Session, error) {
	page := w.ahead[0]
	w.ahead = w.ahead[1:]
	w.fetchAhead()
	<-page.done
	if page.err != nil {
		return nil, page.err
	}
	got, total := len(page.list.Data), page.list.TotalCount
	end := page.offset + got
	more := total > end
	if total < 0 { // no total: a full page says that there may be more
		more = got >= w.stride
	}
	moved, err := w.moved(page.offset, total)
	if err != nil {
		return nil, err
	}
	fresh := w.fresh(page.list.Data)
	nothing := len(fresh) == 0 && !w.early
	w.early = len(moved) > 0
	switch {
	case got == 0:
		w.ended = true
	case nothing && more && len(moved) == 0:
		return nil, failure(&wire.Call{Op: wire.GetSessionList}, &wire.Answer{Response: &http.Response{StatusCode: 200}, Attempts: 1},
			wrong("the page at offset %d has nothing new, though the server claims more", page.offset))
	case nothing && len(moved) == 0, !more && got < w.stride:
		w.ended = true
	case got != w.stride: // the pages ahead would leave a gap, or overlap
		w.restart(end, got)
	}
	w.until, w.total = max(total, end+1), total
	if !w.ended {
		w.fetchAhead()
	}
	if len(moved) == 0 {
		return fresh, nil
	}
	return append(moved, fresh...), nil
}

// moved returns the rows that have moved before offset since the page before was read. Less is claimed now than then: so many
// sessions vanished before offset, or the page before was answered later than this one and so many had come in between. The page that
// is read for them reaches further in both directions, since sessions come and go on.
func (w *walk) moved(offset, total int) ([]Session, error) {
	lost := w.total - total
	if total < 0 || lost <= 0 || lost > w.stride || offset == w.params.Offset {
		return nil, nil
	}
	params := w.params
	params.Offset = max(w.params.Offset, offset-lost-(w.stride-lost)/2)
	list, err := w.client.List(w.ctx, params)
	if err != nil {
		return nil, err
	}
	return w.fresh(list.Data), nil
}

// fetchAhead starts to fetch pages, as many as may be held beside those that are handed out.
func (w *walk) fetchAhead() {
	for len(w.ahead) < pagesAhead && w.offset >= 0 && w.offset < w.until {
		w.fetch()
	}
}

// fetch starts to fetch the next page.
func (w *walk) fetch() {
	page := &pageAhead{offset: w.offset, done: make(chan struct{})}
	w.ahead = append(w.ahead, page)
	w.offset += w.stride
	ctx, params := w.ctx, w.params
	params.Offset = page.offset
	w.running.Go(func() {
		defer close(page.done)
		page.list, page.err = w.client.List(ctx, params)
	})
}

// fresh returns the rows whose ids were not handed out yet, in place, and remembers them.
func (w *walk) fresh(rows []Session) []Session {
	fresh := rows[:0]
	for i := range rows {
		if w.seen.Add(rows[i].ID) {
			fresh = append(fresh, rows[i])
		}
	}
	return fresh
}
