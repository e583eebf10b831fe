package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// readyTime bounds how long a process may take to say whether it can work.
const readyTime = 10 * time.Second

func newReady() *cobra.Command {
	return &cobra.Command{
		Use:   "ready URL",
		Short: "Ask a desk or a worker whether it can work",
		Long: `Ask the sealdesk serve or sealdesk work at an address whether it can use its store,
index and queue, for whatever watches over it, such as a health check of Docker.

Exit status: 0 when it can, 1 when it cannot or does not answer.`,
		Example: `  sealdesk ready http://127.0.0.1:8480
  sealdesk ready http://127.0.0.1:8481`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse("name the address of a desk or a worker")
			}
			if u, err := url.Parse(args[0]); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return misuse("the address must be http:// or https:// with a host")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return ready(c.Context(), args[0], newPrinter(c.OutOrStdout()))
		},
	}
}

// ready asks a process whether it can work, and prints what it says of each part.
func ready(ctx context.Context, address string, p *printer) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	at, err := url.JoinPath(address, "readyz")
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%s 没有回答，请看它是否在运行：%w", address, err)
	}
	defer resp.Body.Close()
	var said struct {
		Parts map[string]string `json:"parts"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&said)
	if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("%s 不是 sealdesk serve 或 sealdesk work 的地址（%s）", address, resp.Status)
	}
	for _, part := range slices.Sorted(maps.Keys(said.Parts)) {
		p.printf("%s  %s\n", said.Parts[part], part)
	}
	if p.err == nil && resp.StatusCode != http.StatusOK {
		return exit(exitFailed)
	}
	return p.err
}
