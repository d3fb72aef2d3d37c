//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// group is a command.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd) *group { return &group{cmd} }

// signals are the signals that are passed on.
func (g *group) signals() []os.Signal { return []os.Signal{os.Interrupt} }

// signal does nothing: the system sends a console's interrupt to every process of the console.
func (g *group) signal(os.Signal) {}

// kill ends the command.
func (g *group) kill() { _ = g.cmd.Process.Kill() }

// endedBySignal returns nothing: there are no signals here.
func endedBySignal(*os.ProcessState) (number int, name string) { return 0, "" }
