package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"

	"sealdesk/config"
)

// TestSystemd holds the unit for systemd against the program, and sees that mistakes in it
// are found.
func TestSystemd(t *testing.T) {
	b, err := os.ReadFile("../../deploy/systemd/sealdesk.service")
	must(t, err)
	text := string(b)
	for _, m := range unitMistakes(text) {
		t.Error(m)
	}
	for _, test := range []struct{ old, new, want string }{
		{"sealdesk serve", "sealdesk open", "there is no such subcommand"},
		{"sealdesk serve", "sealdesk serve --port 80", "unknown flag: --port"},
		{"Environment=SEALDESK_DATA=", "Environment=SEALDESK_FOLDER=", "the program knows no variable SEALDESK_FOLDER"},
		{"Environment=SEALDESK_DATA=/var/lib/sealdesk", "Environment=SEALDESK_DATA=/srv/sealdesk", "/srv/sealdesk is not in its StateDirectory"},
		{"/var/cache/sealdesk LANG", "/var/cache/desk LANG", "/var/cache/desk is not in its CacheDirectory"},
		{"User=sealdesk\n", "", "it has no User"},
		{"ProtectSystem=strict", "ProtectSystem=full", "ProtectSystem=strict is missing"},
		{"NoNewPrivileges=yes\n", "", "NoNewPrivileges=yes is missing"},
		{"MemoryMax=8G\n", "", "it has no MemoryMax"},
		{"landlock_restrict_self", "", "the readers cannot use landlock_restrict_self"},
		{"LockPersonality", "MemoryDenyWriteExecute=yes\nLockPersonality", "PDFium"},
		{"ExecStart=/usr/local/bin/", "ExecStart=", "no path"},
	} {
		changed := strings.Replace(text, test.old, test.new, 1)
		if got := strings.Join(unitMistakes(changed), "\n"); changed == text || !strings.Contains(got, test.want) {
			t.Errorf("with %q instead of %q the mistakes are\n%s\nand %q is not among them", test.new, test.old, got, test.want)
		}
	}

	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd itself is not asked: there is no systemd-analyze")
		return
	}
	// It looks whether the program is there.
	program, err := exec.LookPath("sealdesk")
	must(t, err)
	file := filepath.Join(t.TempDir(), "sealdesk.service")
	must(t, os.WriteFile(file, []byte(strings.Replace(text, "/usr/local/bin/sealdesk", program, 1)), 0o600))
	out, err := exec.CommandContext(t.Context(), verify, "verify", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "sealdesk.service") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// unitMistakes says what is wrong with a unit.
func unitMistakes(text string) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	options, err := unit.DeserializeOptions(strings.NewReader(text))
	if err != nil {
		return []string{err.Error()}
	}
	has := map[string][]string{}
	for _, o := range options {
		has[o.Name] = append(has[o.Name], o.Value)
	}
	first := func(name string) string {
		if len(has[name]) == 0 {
			say("it has no %s", name)
			return ""
		}
		return has[name][0]
	}

	args := strings.Fields(first("ExecStart"))
	if len(args) < 2 || !filepath.IsAbs(args[0]) || filepath.Base(args[0]) != "sealdesk" {
		return append(wrong, "ExecStart has no path of sealdesk, or no command")
	}
	if _, err := understood(args[1:]); err != nil {
		say("%v", err)
	}
	environment := strings.Fields(first("Environment"))
	var known []string
	for _, s := range config.Settings() {
		known = append(known, s.Environment())
	}
	cache := ""
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "SEALDESK_") && !slices.Contains(known, name) {
			say("the program knows no variable %s", name)
		}
		if name == "XDG_CACHE_HOME" {
			cache = value
		}
	}
	loaded, err := config.Load(config.Sources{Environ: environment})
	if err != nil {
		return append(wrong, err.Error())
	}
	for path, folder := range map[string]string{loaded.Data: "StateDirectory", cache: "CacheDirectory"} {
		root := map[string]string{"StateDirectory": "/var/lib/", "CacheDirectory": "/var/cache/"}[folder]
		if path != root+first(folder) {
			say("%s is not in its %s", path, folder)
		}
	}
	for _, name := range []string{"User", "MemoryMax", "TasksMax", "CPUQuota", "Restart", "TimeoutStopSec", "WantedBy"} {
		first(name)
	}
	for name, value := range map[string]string{
		"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
		"CapabilityBoundingSet": "", "RestrictNamespaces": "yes", "SystemCallArchitectures": "native", "UMask": "0077", "StateDirectoryMode": "0700",
	} {
		if !slices.Contains(has[name], value) {
			say("%s=%s is missing", name, value)
		}
	}
	// What systemd's own sets of system calls do not have, or have only of late.
	for _, call := range []string{"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} {
		if !slices.Contains(strings.Fields(strings.Join(has["SystemCallFilter"], " ")), call) {
			say("the readers cannot use %s to shut themselves off", call)
		}
	}
	if len(has["MemoryDenyWriteExecute"]) > 0 {
		say("with MemoryDenyWriteExecute PDFium cannot be compiled")
	}
	return wrong
}
