package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServeHTTPS: with a certificate the desk speaks https alone, and its cookies are
// for https.
func TestServeHTTPS(t *testing.T) {
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "desk.crt"), filepath.Join(folder, "desk.key")
	roots := selfSigned(t, certificate, key)
	desk, line := openDesk(t, "--data", filepath.Join(folder, "data"), "--web-certificate", certificate, "--web-private-key", key)
	address := regexp.MustCompile(`https://\S+`).FindString(line)
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.PostForm(address+"/language", map[string][]string{"lang": {"en"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	cookies := resp.Cookies()
	if len(cookies) == 0 || !cookies[0].Secure {
		t.Errorf("%s: the cookies are %v, want secure ones", resp.Status, cookies)
	}
	// Programs are answered at the same address.
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 401, "/api/v1/openapi.json": 200, "/api/v1/me": 401, "/api/none": 404, "/none": 404,
	} {
		resp, err := client.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if problem := resp.Header.Get("Content-Type") == "application/problem+json"; resp.StatusCode != want || problem != (want != 200 && path != "/none") {
			t.Errorf("%s: %s, %s, want %d", path, resp.Status, resp.Header.Get("Content-Type"), want)
		}
	}
	endDesk(t, desk)
}

// TestServeWithoutIndex: where somebody removed the index, the desk rebuilds it from the
// store.
func TestServeWithoutIndex(t *testing.T) {
	if _, err := demo(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(filepath.Join(data, "store"), os.DirFS(filepath.Join(shared, "data", "store"))); err != nil {
		t.Fatal(err)
	}
	desk, _ := openDesk(t, "--data", data)
	endDesk(t, desk)
	out, err := exec.CommandContext(t.Context(), "sealdesk", "search", "--data", data, "稀土").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "稀土") {
		t.Errorf("%v: %s", err, out)
	}
}

// openDesk starts a desk and gives the first line that it says when it is open.
func openDesk(t *testing.T, args ...string) (desk *exec.Cmd, line string) {
	t.Helper()
	return openDeskTo(t, t.Output(), args...)
}

// openDeskTo is openDesk with the desk's log written elsewhere.
func openDeskTo(t *testing.T, log io.Writer, args ...string) (desk *exec.Cmd, line string) {
	t.Helper()
	desk = exec.CommandContext(t.Context(), "sealdesk", append([]string{"serve", "--web-listen", "127.0.0.1:0"}, args...)...)
	desk.Cancel = func() error { return desk.Process.Signal(os.Interrupt) }
	desk.Stderr = log
	out, err := desk.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the desk did not open: %v", err)
	}
	return desk, line
}

func endDesk(t *testing.T, desk *exec.Cmd) {
	t.Helper()
	if err := desk.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := desk.Wait(); err != nil {
		t.Errorf("the desk ended with %v", err)
	}
}

// TestServeCertificate: a certificate that cannot be used is said so, with the keys to
// look at.
func TestServeCertificate(t *testing.T) {
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "desk.crt"), filepath.Join(folder, "desk.key")
	selfSigned(t, certificate, key)
	for name, args := range map[string][]string{
		"alone":   {"--web-certificate", certificate},
		"swapped": {"--web-certificate", key, "--web-private-key", certificate},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--data", filepath.Join(t.TempDir(), "data"), "--web-listen", "127.0.0.1:0"}, args...)
			out, err := exec.CommandContext(t.Context(), "sealdesk", args...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "web.private_key") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key, and gives those who trust it.
func selfSigned(t *testing.T, certificate, key string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return roots
}
