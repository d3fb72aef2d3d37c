//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// group is a command and all that it has started.
type group struct {
	cmd *exec.Cmd
	own bool // whether it is a process group of its own
}

// newGroup makes the command that is to be started a process group of its own. At a terminal it
// stays in this program's: only that group may read from the terminal.
func newGroup(cmd *exec.Cmd) *group {
	g := &group{cmd: cmd, own: !atTerminal()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: g.own}
	return g
}

// atTerminal reports whether somebody sits at the terminal that standard input comes from.
func atTerminal() bool {
	stdin, err := os.Stdin.Stat()
	if err != nil || stdin.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(stdin, null) {
		return false
	}
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	_ = terminal.Close()
	return true
}

// signals are the signals that are passed on.
func (g *group) signals() []os.Signal {
	return []os.Signal{
		syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP,
		syscall.SIGUSR1, syscall.SIGUSR2,
	}
}

// signal passes a signal on. At a terminal, the terminal itself has sent the command SIGINT and
// SIGQUIT.
func (g *group) signal(s os.Signal) {
	number, ok := s.(syscall.Signal)
	switch {
	case !ok:
	case g.own:
		_ = syscall.Kill(-g.cmd.Process.Pid, number)
	case number != syscall.SIGINT && number != syscall.SIGQUIT:
		_ = g.cmd.Process.Signal(number)
	}
}

// kill ends what is left of the group.
func (g *group) kill() {
	if g.own {
		_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL)
	} else {
		_ = g.cmd.Process.Kill()
	}
}

// endedBySignal returns the number and the name of the signal that has ended a process, if one has.
func endedBySignal(state *os.ProcessState) (number int, name string) {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return int(ws.Signal()), ws.Signal().String()
	}
	return 0, ""
}
