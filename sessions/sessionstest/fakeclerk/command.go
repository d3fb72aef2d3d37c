package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

// The exit statuses of a shell whose command cannot be run.
const (
	notExecutable = 126
	notFound      = 127
	signalBase    = 128 // to which the number of the signal is added that ended the command
)

// runCommand runs a command with the environment in addition to its own, passes signals on to it,
// and returns its exit status as a shell would. The end of ctx ends the command. Nothing that the
// command has started stays behind.
func runCommand(
	ctx context.Context, command []string, environment [][2]string, stdout, stderr io.Writer,
) (status int, err error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // the user asks for it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	cmd.Env = os.Environ()
	for _, variable := range environment {
		cmd.Env = append(cmd.Env, variable[0]+"="+variable[1])
	}
	children := newGroup(cmd)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, children.signals()...)
	defer signal.Stop(signals)

	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return notFound, fmt.Errorf("cannot run %s: there is no such command", command[0])
		}
		return notExecutable, fmt.Errorf("cannot run %s: %w", command[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			children.signal(s)
		case <-ctx.Done():
			children.kill()
			ctx = context.WithoutCancel(ctx)
		case err := <-ended:
			children.kill()
			return exitStatus(cmd.ProcessState, err)
		}
	}
}

// exitStatus returns the exit status of a command that has ended, as a shell would.
func exitStatus(state *os.ProcessState, err error) (int, error) {
	if number, name := endedBySignal(state); number > 0 {
		return signalBase + number, fmt.Errorf("the command was ended by a signal: %s", name)
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return state.ExitCode(), nil
	}
	return state.ExitCode(), err
}
