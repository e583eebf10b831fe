package s3test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const childVar = "S3TEST_CHILD"

// A test that is killed takes its server with it.
func TestDiesWithTest(t *testing.T) {
	if os.Getenv(childVar) != "" {
		fmt.Printf("address %s\n", Versity(t).Address)
		// The parent never writes, and kills.
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	versityServer.binary(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestDiesWithTest$", "-test.v")
	cmd.Env = append(os.Environ(), childVar+"=1", "TMPDIR="+t.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var address, said string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		said += lines.Text() + "\n"
		if text, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			address = text
		}
	}
	if address == "" {
		t.Fatalf("the child started no server: %s", said)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // an error, as it was killed
	deadline := time.Now().Add(20 * time.Second)
	for tick := time.Tick(20 * time.Millisecond); ; <-tick {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return // nobody listens any more
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server outlived its test")
		}
	}
}
