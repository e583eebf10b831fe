package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/storage/dir"
)

// runUser runs sealdesk user with a password on its standard input.
func runUser(t *testing.T, data, password string, args ...string) {
	t.Helper()
	var stderr bytes.Buffer
	args = append([]string{"user", "--data", data}, args...)
	if status := run(t.Context(), args, strings.NewReader(password+"\r\n"), io.Discard, &stderr); status != exitOK {
		t.Fatalf("%q: exit status %d: %s", args, status, stderr.String())
	}
}

// What the command changes holds at once for those who have the store open, and leaves
// a record that names nobody's password.
func TestUserWhileServing(t *testing.T) {
	data := t.TempDir()
	s, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	accounts, err := account.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	const first, second = "correct horse battery", "another good one"
	signIn := func(password string, want error) {
		t.Helper()
		if _, err := accounts.SignIn(t.Context(), "wang", password); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	signIn(first, account.ErrSignIn)
	runUser(t, data, first, "add", "wang", "--role", "clerk")
	signIn(first, nil)
	runUser(t, data, second, "password", "wang")
	signIn(first, account.ErrSignIn)
	signIn(second, nil)
	runUser(t, data, "", "role", "wang", "staff")
	runUser(t, data, "", "disable", "wang")
	signIn(second, account.ErrSignIn)
	runUser(t, data, "", "enable", "wang")
	runUser(t, data, "", "list")
	u, err := accounts.SignIn(t.Context(), "wang", second)
	if err != nil || u.Role != account.Staff || !strings.HasPrefix(u.By, "cli:") {
		t.Errorf("signed in %+v, error %v", u, err)
	}

	want := []string{
		"account-list  ", "account-enable " + u.ID + " ", "account-disable " + u.ID + " ", "account-role " + u.ID + " staff",
		"account-password " + u.ID + " ", "account-add " + u.ID + " clerk",
	}
	var got []string
	for e, err := range audit.New(s).List(t.Context(), 0, 100) {
		if err != nil {
			t.Fatal(err)
		}
		if e.User != operator() || len(e.User) <= len("cli:") {
			t.Errorf("%s was done by %q", e.Action, e.User)
		}
		got = append(got, e.Action+" "+e.Object+" "+e.Detail)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the trail is\n%q, want\n%q", got, want)
	}
}

// On a terminal the password is asked for twice, and is not shown.
func TestUserOnTerminal(t *testing.T) {
	const secret = "correct horse battery"
	for _, c := range []struct {
		name   string
		answer [2]string
		want   string
		status int
	}{
		{"the same", [2]string{secret + "\r", secret + "\r"}, "已添加：wang", exitOK},
		{"another", [2]string{secret + "\r", "something else\r"}, "两次输入的密码不一样", exitFailed},
		{"Ctrl-C", [2]string{secret + "\r", "corr\x03"}, "没有输入密码", exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cmd := exec.CommandContext(ctx, "script", "-qec", "sealdesk user add wang --role clerk", os.DevNull)
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "TERM=xterm")
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
			shown := readUntil(t, out, "密码：")
			io.WriteString(in, c.answer[0])
			shown += readUntil(t, out, "再输一次：")
			io.WriteString(in, c.answer[1])
			rest, err := io.ReadAll(out)
			shown += string(rest)
			if err != nil || !strings.Contains(shown, c.want) {
				t.Errorf("it showed %q, error %v, want %s", shown, err, c.want)
			}
			if strings.Contains(shown, "corr") {
				t.Errorf("the password is shown: %q", shown)
			}
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
		})
	}
}

// readUntil reads up to a text.
func readUntil(t *testing.T, r io.Reader, text string) string {
	t.Helper()
	var b []byte
	for one := make([]byte, 1); !bytes.HasSuffix(b, []byte(text)); b = append(b, one[0]) {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatalf("after %q: %v", b, err)
		}
	}
	return string(b)
}

// A token that the command revokes is over for those who have the store open, and the
// trail says so without it.
func TestTokenWhileServing(t *testing.T) {
	data := t.TempDir()
	s, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	accounts, err := account.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	runUser(t, data, "correct horse battery", "add", "wang", "--role", "clerk")
	token := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), append([]string{"token", "--data", data}, args...), nil, &stdout, &stderr); status != exitOK {
			t.Fatalf("%q: exit status %d: %s", args, status, stderr.String())
		}
		return stdout.String()
	}
	lines := strings.Fields(token("add", "wang", "--for", "test"))
	text := lines[len(lines)-1]
	made, _, err := accounts.UseToken(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	token("revoke", made.ID)
	later, err := account.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := later.UseToken(t.Context(), text); !errors.Is(err, account.ErrTokenRevoked) {
		t.Errorf("it is used with error %v", err)
	}
	var got []string
	for e, err := range audit.New(s).List(t.Context(), 0, 2) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Action+" "+e.Object+" "+e.Detail)
	}
	want := []string{"token-revoke " + made.User + " token=" + made.ID, "token-add " + made.User + " token=" + made.ID}
	if !slices.Equal(got, want) {
		t.Errorf("the trail is %q, want %q", got, want)
	}
}
