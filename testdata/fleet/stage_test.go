//go:build linux

package fleet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// plan is what a stage is built by.
type plan struct {
	processes int
	visitors  int
	store     bool
	cold      bool                       // no process has asked Redis before
	once      bool                       // a refresh token is good for one refresh
	limited   bool                       // Clerk keeps its limit
	redis     []string                   // further arguments of redis-server
	link      *link                      // between the processes and Redis; nil for none
	change    func(i int, set *settings) // of the process i
}

// stage is a fake Clerk, Redis, the processes of a service, and a balancer in front of them.
type stage struct {
	tb        testing.TB
	clerk     *clerk
	visitors  []sessionstest.SignIn
	redis     *redistest.Server // nil without a store
	processes []*process
	balancer  *httptest.Server
	browser   *http.Client
	random    *rand.Rand
}

func newStage(tb testing.TB, p plan) *stage {
	tb.Helper()
	s := &stage{tb: tb, random: rand.New(rand.NewPCG(1, 2))}
	s.clerk, s.visitors = newClerk(tb, p.visitors, p.once)
	set := settings{
		ClerkURL: s.clerk.front.URL + "/v1", FrontendAPI: s.clerk.FrontendAPI,
		SecretKey: s.clerk.SecretKey, PublishableKey: s.clerk.PublishableKey,
	}
	if p.store {
		s.redis = redistest.Start(tb, redistest.Redis, p.redis...)
		set.Store = s.redis.Addr
		if p.link != nil {
			set.Store = p.link.start(tb, s.redis.Addr)
		}
	}
	var urls []*url.URL
	for i := range p.processes {
		own := set
		own.Name = fmt.Sprintf("process-%d", i)
		if p.change != nil {
			p.change(i, &own)
		}
		s.processes = append(s.processes, startProcess(tb, own))
	}
	for _, process := range s.processes {
		urls = append(urls, process.awaitURL(tb))
	}
	s.balancer = newBalancer(urls)
	tb.Cleanup(s.balancer.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 10_000}
	tb.Cleanup(transport.CloseIdleConnections)
	s.browser = &http.Client{Transport: transport, Timeout: 3 * time.Minute}
	s.warm(!p.cold)
	if p.limited {
		s.clerk.LimitRate(limit, limitTime)
	}
	return s
}

// warm lets every process fetch the key set and, with store, connect to Redis: what is measured is a
// service that runs.
func (s *stage) warm(store bool) {
	s.tb.Helper()
	var wg sync.WaitGroup
	ready := s.clerk.SignInWith(sessionstest.SignInParams{Origin: origin})
	for _, process := range s.processes {
		if v := s.visit(process.url.String(), ready); v.trouble != "" {
			s.tb.Fatalf("a page before all: %s\n%s", v.trouble, &process.log)
		}
	}
	for range map[bool]int{true: 20}[store] { // as many connections as go-redis keeps on two cores
		some := s.clerk.SignInWith(sessionstest.SignInParams{Origin: origin}).SessionID
		for _, process := range s.processes {
			wg.Go(func() {
				if _, err := s.send(http.MethodGet, process.url.String()+"/token?session="+some); err != nil {
					s.tb.Errorf("a token before all: %v", err)
				}
			})
		}
	}
	wg.Wait()
	s.clerk.ClearCalls()
}

// process is a process of the service.
type process struct {
	name string // its User-Agent to Clerk starts with it
	cmd  *exec.Cmd
	out  *bufio.Reader
	log  bytes.Buffer // may be read when the process has ended
	url  *url.URL
}

func startProcess(tb testing.TB, set settings) *process {
	tb.Helper()
	text, err := json.Marshal(set)
	if err != nil {
		tb.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	p := &process{name: set.Name, cmd: exec.Command(program)}
	p.cmd.Env = append(os.Environ(), settingsVariable+"="+string(text))
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		p.stop()
		if tb.Failed() && p.log.Len() > 0 {
			tb.Logf("%s wrote:\n%s", set.Name, &p.log)
		}
	})
	return p
}

// stop kills the process. What it wrote can be read then.
func (p *process) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// awaitURL waits until the process serves.
func (p *process) awaitURL(tb testing.TB) *url.URL {
	tb.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.stop()
		tb.Fatalf("a process did not start: %v\n%s", err, &p.log)
	}
	if p.url, err = url.Parse(line[:len(line)-1]); err != nil {
		tb.Fatal(err)
	}
	return p.url
}

// newBalancer sends each request to the next process.
func newBalancer(urls []*url.URL) *httptest.Server {
	var turn atomic.Uint64
	return httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(urls[turn.Add(1)%uint64(len(urls))])
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 10_000},
	})
}

// stop stops all processes.
func (s *stage) stop() {
	for _, process := range s.processes {
		process.stop()
	}
}

// stalled stops all processes, and reports whether one of them wrote that the store fails.
func (s *stage) stalled() (stalled bool) {
	s.stop()
	for _, process := range s.processes {
		stalled = stalled || strings.Contains(process.log.String(), "store fails")
	}
	return stalled
}

// somewhere returns the address of a random process.
func (s *stage) somewhere() string {
	return s.processes[s.random.IntN(len(s.processes))].url.String()
}
