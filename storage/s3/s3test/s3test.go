// Package s3test starts S3 servers for tests, on this machine: MinIO and
// versitygw as processes of their own, and gofakes3 within the test. It is for
// tests alone.
//
// The two programs are not built here, but by "make servers", from the modules
// testdata/servers/minio and testdata/servers/versitygw, into the user's cache
// folder ([Server.Path]). A test that needs one and finds none fails and says so.
// SEALDESK_TEST_SERVERS=off skips the tests that need one, whether it is there or
// not.
package s3test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"sealdesk/storage/s3"
)

// Server is a program that tests start.
type Server struct {
	Name    string // of the program, and of its module's folder in testdata/servers
	Package string // that is built
	Version string // of the package's module

	variable string // of the environment, names another binary
	health   string // path that answers 200 when the server is ready
	start    func(address, folder string) *exec.Cmd
}

// Servers are the programs that tests start.
var Servers = []*Server{minioServer, versityServer}

var minioServer = &Server{
	Name: "minio", Package: "github.com/minio/minio", Version: "v0.0.0-20260212201848-7aac2a2c5b7c",
	variable: "SEALDESK_TEST_MINIO",
	health:   "/minio/health/ready",
	start: func(address, folder string) *exec.Cmd {
		cmd := exec.Command("", "server", "--address", address, "--certs-dir", filepath.Join(folder, "certs"), filepath.Join(folder, "data"))
		cmd.Env = []string{"MINIO_ROOT_USER=" + accessKey, "MINIO_ROOT_PASSWORD=" + secretKey, "MINIO_BROWSER=off", "MINIO_UPDATE=off", "HOME=" + folder}
		return cmd
	},
}

var versityServer = &Server{
	Name: "versitygw", Package: "github.com/versity/versitygw/cmd/versitygw", Version: "v1.8.0",
	variable: "SEALDESK_TEST_VERSITYGW",
	health:   "/health",
	start: func(address, folder string) *exec.Cmd {
		cmd := exec.Command("", "--port", address, "--health", "/health", "--quiet", "posix", "--versioning-dir", filepath.Join(folder, "versions"), filepath.Join(folder, "data"))
		cmd.Env = []string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + secretKey, "HOME=" + folder}
		return cmd
	},
}

// The credentials of all servers; the fake one takes any.
const (
	accessKey = "test-access-key"
	secretKey = "test-secret-key"
)

// Path is where the program's binary is, or is to be built: what
// SEALDESK_TEST_MINIO or SEALDESK_TEST_VERSITYGW names, or else
// sealdesk/servers/<name>@<version>/<name> in the user's cache folder.
func (s *Server) Path() (string, error) {
	if path := os.Getenv(s.variable); path != "" {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "sealdesk", "servers", s.Name+"@"+s.Version, s.Name), nil
}

// Running is a server that runs until the test ends.
type Running struct {
	// Address is its host:port.
	Address string
	// Folder holds its files, "" with the fake one.
	Folder string

	server  *Server
	path    string
	process *os.Process
	exited  chan struct{} // closed when the process is gone
	output  *bytes.Buffer // may be read then
}

// MinIO starts a MinIO server.
func MinIO(t testing.TB) *Running { return launch(t, minioServer) }

// Versity starts a versitygw server, with versioning, on a folder.
func Versity(t testing.TB) *Running { return launch(t, versityServer) }

// Fake starts gofakes3 within the test, in memory.
func Fake(t testing.TB) *Running {
	server := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return &Running{Address: server.Listener.Addr().String()}
}

var buckets atomic.Int64

// Bucket makes a new bucket and returns how to reach it.
func (r *Running) Bucket(t testing.TB) s3.Options {
	t.Helper()
	o := s3.Options{
		Endpoint:  "http://" + r.Address,
		Bucket:    fmt.Sprintf("bucket-%d", buckets.Add(1)),
		Region:    "us-east-1",
		AccessKey: accessKey,
		SecretKey: secretKey,
		PathStyle: true,
	}
	if err := s3.CreateBucket(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// binary is the path of a program that is there. It ends the test where it is not, or
// where no program is to be started.
func (s *Server) binary(t testing.TB) string {
	t.Helper()
	if os.Getenv("SEALDESK_TEST_SERVERS") == "off" {
		t.Skipf("SEALDESK_TEST_SERVERS=off, and this needs %s", s.Name)
	}
	path, err := s.Path()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("there is no %s at %s: run \"make servers\", which builds it once, or set SEALDESK_TEST_SERVERS=off to do without", s.Name, path)
	}
	return path
}

func launch(t testing.TB, s *Server) *Running {
	t.Helper()
	path := s.binary(t)
	r := &Running{Folder: t.TempDir(), server: s, path: path}
	for _, name := range []string{"data", "versions", "certs"} {
		if err := os.Mkdir(filepath.Join(r.Folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	r.Address = address
	t.Cleanup(r.stop)
	r.Start(t)
	return r
}

// freeAddress is an address of this machine on which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Start starts the server again, after Kill, at the same address and on the same
// files, and returns when it is ready.
func (r *Running) Start(t testing.TB) {
	t.Helper()
	cmd := r.server.start(r.Address, r.Folder)
	cmd.Path, cmd.Args[0] = r.path, r.path
	cmd.Dir = r.Folder
	r.output = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = r.output, r.output
	cmd.SysProcAttr = dieWithTest()
	started := make(chan error)
	r.exited = make(chan struct{})
	go func() {
		// The system takes the end of the thread that started the process for the
		// end of its parent, so the thread has to stay.
		runtime.LockOSThread()
		defer close(r.exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed in the end, which is an error
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", r.server.Name, err)
	}
	r.process = cmd.Process
	r.awaitReady(t)
}

// awaitReady asks for the server's health until it is good.
func (r *Running) awaitReady(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if healthy(ctx, "http://"+r.Address+r.server.health) {
			return
		}
		select {
		case <-tick.C:
		case <-r.exited:
			t.Fatalf("%s ended: %s", r.server.Name, r.output)
		case <-ctx.Done():
			r.Kill()
			t.Fatalf("%s did not get ready: %s", r.server.Name, r.output)
		}
	}
}

func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	// Read to its end, the connection can be used again.
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

// Kill kills the server's process, as kill -9 does, and returns when it is gone.
func (r *Running) Kill() {
	_ = r.process.Signal(syscall.SIGKILL) // it may be gone already
	<-r.exited
}

func (r *Running) stop() {
	if r.process != nil {
		r.Kill()
	}
}

// Object is the path of the file that versitygw keeps an object in.
func (r *Running) Object(o s3.Options, name string) string {
	return filepath.Join(r.Folder, "data", o.Bucket, filepath.FromSlash(strings.TrimPrefix(name, "/")))
}
