package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/index/meili/meilitest"
	"sealdesk/storage/s3/s3test"
)

// natsServer is the program nats-server, without its help.
func natsServer() {
	opts, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ExitOnError), os.Args[1:], func() {}, func() {}, func() {})
	if err == nil {
		var s *server.Server
		if s, err = server.NewServer(opts); err == nil {
			s.ConfigureLogger()
			err = server.Run(s)
			s.WaitForShutdown()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "nats-server:", err)
		os.Exit(1)
	}
}

// composition runs services of docker-compose.yml on this machine, as the file says.
type composition struct {
	composed
	folder, secrets string
	hosts           *strings.Replacer // where the services are here
}

// command gives that of a service on this machine, with these arguments.
func (c *composition) command(t *testing.T, s service, args ...string) *exec.Cmd {
	for i := range args {
		args[i] = c.hosts.Replace(args[i])
	}
	cmd := exec.CommandContext(t.Context(), "sealdesk", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Dir = c.folder
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(shared, "cache"), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
	for _, e := range environ(s, c.secrets) {
		cmd.Env = append(cmd.Env, c.hosts.Replace(e))
	}
	return cmd
}

// run runs a service, or another command in its container, to its end.
func (c *composition) run(t *testing.T, s service, stdin string, args ...string) string {
	t.Helper()
	cmd := c.command(t, s, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sealdesk %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// begin starts a service, and gives the first line that it says and its log.
func (c *composition) begin(t *testing.T, s service) (cmd *exec.Cmd, line string, log *bufio.Reader) {
	t.Helper()
	cmd = c.command(t, s, append([]string(nil), s.Command...)...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	messages, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	log = bufio.NewReader(messages)
	if line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		rest, _ := io.ReadAll(log)
		t.Fatalf("%v does not begin: %v\n%s", s.Command, err, rest)
	}
	return cmd, line, log
}

// end ends a service as Docker does.
func end(t *testing.T, cmd *exec.Cmd, log io.Reader) {
	t.Helper()
	must(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(log)
	must(t, err)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, rest)
	}
}

// freePorts are ports of this machine that nothing listens on.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// natsNodes starts the three nodes of NATS as the file says, waits until all are healthy,
// and gives where clients find them, as pairs for a strings.Replacer.
func natsNodes(t *testing.T, c composed, secrets string) (hosts []string) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/nats/nats.conf")
	must(t, err)
	folder := t.TempDir()
	ports := freePorts(t, 9)
	var health []string
	for i := range 3 {
		name, client, route, http := fmt.Sprintf("nats-%d", i+1), ports[i], ports[3+i], ports[6+i]
		write(t, folder, fmt.Sprintf("route-%d", i+1), route)
		write(t, folder, name+".conf", strings.NewReplacer("0.0.0.0", "127.0.0.1", "4222", client, "6222", route, "8222", http,
			"/data", filepath.Join(folder, name)).Replace(string(text)))
		hosts = append(hosts, name+":4222", "127.0.0.1:"+client)
		node := c.Services[name]
		test := node.Healthcheck.Test
		health = append(health, strings.Replace(test[len(test)-1], "8222", http, 1))

		var args []string
		for _, a := range node.Entrypoint {
			args = append(args, strings.NewReplacer("$$", "$", "/run/secrets", secrets, "/etc/nats/nats.conf", filepath.Join(folder, name+".conf"),
				"nats-$$n:6222", "127.0.0.1:$(cat "+folder+"/route-$n)").Replace(a))
		}
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = append(os.Environ(), environ(node, secrets)...)
		var log bytes.Buffer
		cmd.Stderr = &log
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		must(t, cmd.Start())
		t.Cleanup(func() {
			if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() > 0 || t.Failed() {
				t.Errorf("%s ended with %v\n%s", name, err, log.String())
			}
		})
	}
	patience, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	for _, at := range health {
		for !healthy(patience, at) {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-patience.Done():
				t.Fatalf("%s is not healthy", at)
			}
		}
	}
	return hosts
}

// healthy says whether an address answers well.
func healthy(ctx context.Context, at string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// body is what an address answers.
func body(t *testing.T, at string) string {
	t.Helper()
	resp, err := http.Get(at)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(b)
}

// TestComposeServices runs the services of docker-compose.yml as the file says, the three
// nodes of NATS too, with stand-ins for the S3 service and Meilisearch: a scan that is put
// into the bucket is read and found, and one that is brought to the desk is read by a
// worker.
func TestComposeServices(t *testing.T) {
	c, err := parseCompose(composeFile(t))
	must(t, err)
	secrets := secretFiles(t, c)
	key, err := os.ReadFile(filepath.Join(secrets, "meili_key"))
	must(t, err)
	search := meilitest.Start(meilitest.Options{Master: strings.TrimSpace(string(key))})
	t.Cleanup(search.Close)
	server := s3test.Fake(t)
	// Here, a desk and a worker listen on ports that are free.
	hosts := append(natsNodes(t, c, secrets), "http://s3:9000", "http://"+server.Address, "http://meilisearch:7700", search.URL)
	for _, port := range []string{":8480", ":8481"} {
		hosts = append(hosts, port, "127.0.0.1:0")
	}
	here := &composition{c, t.TempDir(), secrets, strings.NewReplacer(hosts...)}

	buckets, watch, web, work := c.Services["buckets"], c.Services["watch"], c.Services["web"], c.Services["work"]
	for range 2 { // as when the machine starts again
		here.run(t, buckets, "", buckets.Command...)
	}
	at := server.Bucket(t)
	at.Bucket = watch.Environment["SEALDESK_INTAKE_BUCKET"]
	newScanner(t, at).putSheet(t, "2022/a.png", 1)
	watching, line, log := here.begin(t, watch)
	if !strings.Contains(line, "a.png") {
		t.Errorf("watch says %q", line)
	}
	here.run(t, watch, "", watch.Healthcheck.Test[2:]...)
	end(t, watching, log)
	if out := here.run(t, watch, "", "search"); !strings.Contains(out, "共 1 份") {
		t.Errorf("search: %s", out)
	}

	serving, line, deskLog := here.begin(t, web)
	desk := regexp.MustCompile(`http://[\d.:]+`).FindString(line)
	if out := here.run(t, web, "", "config", "check"); !strings.Contains(out, "正常  队列：nats://127.0.0.1:") {
		t.Errorf("config check: %s", out)
	}
	working, line, log := here.begin(t, work)
	worker := regexp.MustCompile(`http://[\d.:]+`).FindString(line)
	here.run(t, web, "password of a clerk\n", "user", "add", "clerk", "--role", "clerk")
	token := regexp.MustCompile(`sealdesk_[A-Z2-7]{52}`).FindString(here.run(t, web, "", "token", "add", "clerk", "--for", "tests"))
	scan, err := sheet(2)
	must(t, err)
	if status := send(t, desk, token, "b.png", scan); status != http.StatusAccepted {
		t.Fatalf("the desk says %d", status)
	}
	sum := sha256.Sum256(scan)
	for read := `"msg":"bundle read","bundle":"` + hex.EncodeToString(sum[:]) + `"`; !strings.Contains(line, read); {
		if line, err = log.ReadString('\n'); err != nil {
			t.Fatalf("no worker read the bundle: %v", err)
		}
	}
	for address, s := range map[string]service{desk: web, worker: work} {
		if out := here.run(t, s, "", "ready", address); out != "ok  index\nok  queue\nok  store\n" {
			t.Errorf("%s says %s", address, out)
		}
	}
	if text := body(t, worker+"/metrics"); !strings.Contains(text, `sealdesk_pages_read_total{outcome="ok"} 1`) {
		t.Errorf("the worker's metrics are %s", text)
	}
	end(t, working, log)
	end(t, serving, deskLog)
}
