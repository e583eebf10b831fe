package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// usualRegistry is npm's own.
const usualRegistry = "https://registry.npmjs.org/"

// findRegistry is the address of the registry, with a slash at its end, looked for
// where npm looks: https://docs.npmjs.com/cli/v11/using-npm/config.
func findRegistry() (string, error) {
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"} {
		if v := os.Getenv(name); v != "" {
			return checkRegistry(v)
		}
	}
	path := os.Getenv("NPM_CONFIG_USERCONFIG")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return usualRegistry, nil
		}
		path = filepath.Join(home, ".npmrc")
	}
	v, err := registryOf(path)
	if err != nil || v == "" {
		return usualRegistry, err
	}
	return checkRegistry(v)
}

// registryOf is what a file of npm's settings says of the registry, "" for nothing and
// where there is no file.
func registryOf(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	registry := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		key, value, found := strings.Cut(lines.Text(), "=")
		if found && strings.TrimSpace(key) == "registry" {
			registry = os.ExpandEnv(strings.Trim(strings.TrimSpace(value), `"'`))
		}
	}
	return registry, lines.Err()
}

func checkRegistry(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", fmt.Errorf("npm's registry %q is no address", address)
	}
	return strings.TrimRight(address, "/") + "/", nil
}
