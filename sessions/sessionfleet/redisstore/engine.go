package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	patience = 250 * time.Millisecond // how long a caller waits for an answer
	tries    = 5                      // failures in a row before the engine rests
	between  = 10 * time.Millisecond  // and the wait after each of them
	atOnce   = 8                      // questions without an answer, if the client ignores contexts
	rest     = time.Second            // from one try to the next while the engine rests
)

var (
	errGone = errors.New("redisstore: Redis does not answer")
	errSlow = fmt.Errorf("no answer within %v", patience)
)

// engine runs a Limiter's scripts. After a failure that lasts it rests: nobody waits for it until
// a try once a second has had an answer.
type engine struct {
	client redis.Scripter
	logger *slog.Logger
	asking chan struct{} // a place for each question that has no answer yet

	mu      sync.Mutex
	resting chan struct{} // closed while the engine rests
	tried   time.Time     // when it was last asked while it rested
}

func newEngine(c redis.Scripter, l *slog.Logger) *engine {
	return &engine{
		client: c, logger: l, asking: make(chan struct{}, atOnce), resting: make(chan struct{}),
	}
}

// gone returns a channel that is closed when the engine rests.
func (e *engine) gone() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.resting
}

// rests reports whether the engine rests.
func (e *engine) rests() bool { return closed(e.gone()) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// mayTry reports whether it is time to find out whether a resting engine answers again.
func (e *engine) mayTry() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	may := time.Since(e.tried) >= rest
	if may {
		e.tried = time.Now()
	}
	return may
}

// ask runs a script and returns its answer, or an error when patience or ctx ends, whatever the
// client does.
func (e *engine) ask(ctx context.Context, s *redis.Script, key string, args ...any) (
	[]int64, error,
) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case answer, ok := <-e.start(ctx, s, key, args...):
		if !ok {
			return nil, errGone
		}
		return answer, nil
	case <-timer.C:
		e.failed(errSlow)
		return nil, errGone
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// start runs a script in the background, and sends its answer or closes the channel. The script
// has a context of its own: whether the engine answers does not depend on who waits for it.
func (e *engine) start(
	ctx context.Context, s *redis.Script, key string, args ...any,
) <-chan []int64 {
	answers := make(chan []int64, 1)
	select {
	case e.asking <- struct{}{}:
	default:
		e.failed(errSlow)
		close(answers)
		return answers
	}
	go func() {
		defer func() { <-e.asking }()
		defer close(answers)
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		answer, err := e.try(own, s, key, args)
		if err != nil {
			e.failed(err)
			return
		}
		e.answered()
		answers <- answer
	}()
	return answers
}

// try runs a script until it has an answer, ctx ends, or it has failed too often. A failure may be
// that of a connection that was kept too long.
func (e *engine) try(ctx context.Context, s *redis.Script, key string, args []any) (
	answer []int64, err error,
) {
	defer func() {
		if p := recover(); p != nil { // of a hook that the client has
			err = fmt.Errorf("redisstore: the client panicked: %v", p)
		}
	}()
	for try := 1; ; try++ {
		answer, err = s.Run(ctx, e.client, []string{key}, args...).Int64Slice()
		if err == nil || try == tries || pause(ctx, between) != nil {
			return answer, err
		}
	}
}

// failed begins the engine's rest, unless it rests already.
func (e *engine) failed(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tried = time.Now()
	if !closed(e.resting) {
		close(e.resting)
		e.logger.Warn("Redis does not answer; requests no longer wait for the shared limit",
			"error", err)
	}
}

// answered ends the engine's rest.
func (e *engine) answered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if closed(e.resting) {
		e.resting = make(chan struct{})
		e.logger.Info("Redis answers again; requests wait for the shared limit")
	}
}
