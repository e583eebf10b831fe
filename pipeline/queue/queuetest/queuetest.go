// Package queuetest starts clusters of NATS servers for tests, on this machine. Each node
// is a process of its own: the executable that starts them, run again. It is for tests
// alone.
package queuetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// variable tells an executable that it is a node, and which.
const variable = "SEALDESK_TEST_NATS_NODE"

// startTime bounds the start of a node, and of a whole cluster.
const startTime = time.Minute

// node is what a node is told.
type node struct {
	Name    string
	Folder  string
	Clients string   // address for clients
	Routes  string   // address for the other nodes
	All     []string // those of all nodes
}

// Main makes the process a node and ends it where it was started as one; else it does
// nothing. The TestMain of an executable that starts a cluster calls it first.
func Main() {
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	var n node
	err := json.Unmarshal([]byte(text), &n)
	if err == nil {
		err = n.serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve is a node until its standard input ends, as it does when who started it has.
func (n node) serve() error {
	clients, err := net.ResolveTCPAddr("tcp", n.Clients)
	if err != nil {
		return err
	}
	among, err := net.ResolveTCPAddr("tcp", n.Routes)
	if err != nil {
		return err
	}
	var routes []*url.URL
	for _, at := range n.All {
		routes = append(routes, &url.URL{Scheme: "nats", Host: at})
	}
	s, err := server.NewServer(&server.Options{
		ServerName: n.Name, Host: clients.IP.String(), Port: clients.Port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: n.Folder, JetStreamMaxStore: 2 << 30, JetStreamMaxMemory: 64 << 20,
		Cluster: server.ClusterOpts{Name: "sealdesk", Host: among.IP.String(), Port: among.Port}, Routes: routes,
	})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(startTime) {
		return errors.New("the node does not start")
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
	return err
}

// Cluster is a cluster that runs until the test ends.
type Cluster struct {
	// URL is where clients find it: all nodes, with commas between them.
	URL string

	nodes []*running
}

// running is a node in a process.
type running struct {
	node
	command *exec.Cmd
	stdin   io.Closer // ends it when it is closed
}

// Start starts a cluster of so many nodes and returns when it can keep a stream on all of
// them.
func Start(t testing.TB, nodes int) *Cluster {
	t.Helper()
	folder := t.TempDir()
	c := &Cluster{}
	var all, clients []string
	for range nodes {
		all = append(all, freeAddress(t))
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.stop(t)
		}
	})
	for i := range nodes {
		name := fmt.Sprintf("n%d", i+1)
		n := &running{node: node{Name: name, Folder: filepath.Join(folder, name), Clients: freeAddress(t), Routes: all[i], All: all}}
		clients = append(clients, "nats://"+n.Clients)
		c.nodes = append(c.nodes, n)
	}
	c.URL = strings.Join(clients, ",")
	for _, n := range c.nodes {
		n.start(t)
	}
	c.await(t)
	return c
}

// Kill ends the i-th node, from 0, as a power failure does.
func (c *Cluster) Kill(t testing.TB, i int) {
	t.Helper()
	if err := c.nodes[i].command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.nodes[i].command.Wait() // which says that it was killed
	c.nodes[i].command = nil
}

// freeAddress is an address of this machine on which nothing listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts the node and waits until it answers clients.
func (n *running) start(t testing.TB) {
	t.Helper()
	told, err := json.Marshal(n.node)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable+"="+string(told))
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n.command, n.stdin = cmd, in
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("a node of the cluster says %q, %v", line, err)
	}
}

// stop ends the node and waits for it.
func (n *running) stop(t testing.TB) {
	if n.command == nil {
		return
	}
	_ = n.stdin.Close()
	ended := time.AfterFunc(startTime, func() { _ = n.command.Process.Kill() })
	defer ended.Stop()
	if err := n.command.Wait(); err != nil {
		t.Errorf("a node of the cluster ended: %v", err)
	}
}

// await waits until the nodes have found one another and agree on who leads.
func (c *Cluster) await(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	conn, err := nats.Connect(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	const name = "ready"
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		try, stop := context.WithTimeout(ctx, 5*time.Second)
		_, err := js.CreateOrUpdateStream(try, jetstream.StreamConfig{Name: name, Replicas: len(c.nodes)})
		stop()
		if err == nil {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the cluster does not get ready: %v", err)
		}
	}
	if err := js.DeleteStream(ctx, name); err != nil {
		t.Fatal(err)
	}
}
