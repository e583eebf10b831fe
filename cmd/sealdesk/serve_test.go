package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
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
	cmd := exec.CommandContext(t.Context(), "sealdesk", "serve", "--data", filepath.Join(folder, "data"),
		"--web-listen", "127.0.0.1:0", "--web-certificate", certificate, "--web-private-key", key)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the desk did not open: %v", err)
	}
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
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
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
