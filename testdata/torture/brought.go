package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// brought is what is brought to the desk.
type brought struct {
	pictures [][]byte // JPEGs, of which bundles of one page are made
	number   int      // of the next bundle
	// acknowledged are the SHA-256 of the bundles that the desk said yes to.
	acknowledged []string
}

// pictures are the JPEGs in a PDF.
func pictures(name string) (all [][]byte, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for {
		start := bytes.Index(data, []byte{0xff, 0xd8, 0xff})
		if start < 0 {
			break
		}
		data = data[start:]
		end := bytes.Index(data, []byte("endstream"))
		if end < 0 {
			break
		}
		picture := bytes.TrimRight(data[:end], "\r\n")
		if _, err := jpeg.DecodeConfig(bytes.NewReader(picture)); err == nil {
			all = append(all, picture)
		}
		data = data[end:]
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no JPEG pictures", name)
	}
	return all, nil
}

// account makes an account for the desk's programs, and gives a token of it.
func (t *torture) account(ctx context.Context) (token string, err error) {
	add := exec.CommandContext(ctx, t.program, "user", "add", "torture", "--role", "clerk", "--data", t.data)
	add.Stdin = strings.NewReader(rand.Text() + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make an account: %w\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, t.program, "token", "add", "torture", "--for", "torture", "--data", t.data).Output()
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	if token = tokenPattern.FindString(string(out)); token == "" {
		return "", fmt.Errorf("no token in %q", out)
	}
	return token, nil
}

var tokenPattern = regexp.MustCompile(`sealdesk_[A-Z0-9]{20,}`)

// next is a bundle of one page that never came before: a JPEG with its number in a comment.
func (t *torture) next() []byte {
	t.number++
	comment := fmt.Sprintf("%d-%d", t.seed, t.number)
	picture := t.pictures[t.number%len(t.pictures)]
	out := append([]byte{}, picture[:2]...)
	out = append(out, 0xff, 0xfe, 0, byte(len(comment)+2))
	out = append(out, comment...)
	return append(out, picture[2:]...)
}

// bring brings some bundles, one after the other.
func (t *torture) bring(ctx context.Context, n int) error {
	for range n {
		scan := t.next()
		if err := t.send(ctx, scan); err != nil {
			return err
		}
		t.acknowledged = append(t.acknowledged, hash(scan))
	}
	return nil
}

func hash(scan []byte) string {
	sum := sha256.Sum256(scan)
	return hex.EncodeToString(sum[:])
}

// send sends a bundle; nil is that it was acknowledged.
func (t *torture) send(ctx context.Context, scan []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("files", "page.jpg")
	if err == nil {
		_, err = part.Write(scan)
	}
	if err := errors.Join(err, form.Close()); err != nil {
		return err
	}
	status, answer, err := t.desk.ask(ctx, http.MethodPost, "/api/v1/bundles", form.FormDataContentType(), &body)
	if err == nil && status != http.StatusAccepted && status != http.StatusOK {
		err = fmt.Errorf("a bundle is answered by %d: %.300s", status, answer)
	}
	return err
}

// twice brings one bundle twice at the same time.
func (t *torture) twice(ctx context.Context) error {
	scan := t.next()
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		both.Go(func() { errs[i] = t.send(ctx, scan) })
	}
	both.Wait()
	t.acknowledged = append(t.acknowledged, hash(scan))
	return errors.Join(errs...)
}

// settleTime is how long the desk may take for all that it acknowledged.
const settleTime = 20 * time.Minute

// settled waits until there is a result or an error of every bundle, and counts those that
// are lost, those with an application that is found twice, and those that failed.
func (t *torture) settled(ctx context.Context) (lost, doubled, failed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for _, sha := range t.acknowledged {
		state, err := t.state(ctx, sha)
		switch {
		case err != nil:
			return 0, 0, 0, err
		case state == "":
			lost++
			continue
		case state == "failed":
			failed++
			continue
		}
		status, answer, err := t.desk.ask(ctx, http.MethodGet, "/api/v1/bundles/"+sha+"/result", "", nil)
		var result struct{ Applications []struct{ ID string } }
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the result of %s is answered by %d", sha, status)
		}
		if err == nil {
			err = json.Unmarshal(answer, &result)
		}
		if err != nil {
			return 0, 0, 0, err
		}
		seen := map[string]bool{}
		for _, a := range result.Applications {
			if seen[a.ID] {
				doubled++
			}
			seen[a.ID] = true
		}
	}
	return lost, doubled, failed, nil
}

// state waits for the state in which a bundle stays, "" where the desk knows none.
func (t *torture) state(ctx context.Context, sha string) (string, error) {
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		status, answer, err := t.desk.ask(ctx, http.MethodGet, "/api/v1/bundles/"+sha, "", nil)
		if err != nil {
			return "", err
		}
		var entry struct{ State string }
		switch {
		case status == http.StatusNotFound:
			return "", nil
		case status != http.StatusOK:
			return "", fmt.Errorf("%s is answered by %d: %.300s", sha, status, answer)
		}
		if err := json.Unmarshal(answer, &entry); err != nil {
			return "", err
		}
		switch entry.State {
		case "done", "review", "failed", "cancelled":
			return entry.State, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return "", fmt.Errorf("%s is still %s: %w", sha, entry.State, ctx.Err())
		}
	}
}
