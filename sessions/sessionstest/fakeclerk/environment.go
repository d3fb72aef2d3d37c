package main

import (
	"fmt"
	"io"
	"net"
)

// writeEnvironment writes variables for pasting into a shell.
func writeEnvironment(w io.Writer, variables [][2]string) error {
	for _, variable := range variables {
		if _, err := fmt.Fprintf(w, "export %s='%s'\n", variable[0], variable[1]); err != nil {
			return err
		}
	}
	return nil
}

// reachable returns an address of this machine at which a listener on addr answers.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return addr.String()
}
