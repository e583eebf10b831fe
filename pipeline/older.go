package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sealdesk/extract/call"
	"sealdesk/storage"
)

// Engine is the number of this program as far as results go: one of the same bundle by a
// later number may be another one.
func Engine() int { return engineSerial }

// Old is a bundle whose newest result an earlier program made, or another version of its
// call's profile.
type Old struct {
	Bundle string
	// Arrangement is the number of the arrangement that it was made with, 0 for none.
	Arrangement int
	Engine      int  // the number of the program; see [Engine]
	Profile     bool // the profile was another version
}

// Older gives the bundles that were read for a call by an engine of a number below engine,
// or with another profile than c where profile is set, in the order in which they were read
// first. Left out are those whose pages somebody arranged and that wait to be read again.
func Older(ctx context.Context, s storage.Store, c *call.Call, engine int, profile bool) ([]Old, error) {
	all, err := results(ctx, s, root)
	if err != nil {
		return nil, err
	}
	var out []Old
	for _, b := range newest(all, func(b stored) string { return b.sha }) {
		serial, err := strconv.Atoi(b.serial())
		if err != nil || b.call() != c.ID {
			continue // of another call, by whose profile it cannot be read again
		}
		o := Old{Bundle: b.sha, Arrangement: b.arrangement(), Engine: serial, Profile: b.profile() != c.Version}
		if serial >= engine && !(profile && o.Profile) {
			continue
		}
		_, err = s.Stat(ctx, logKey(b.sha, Arrangements, o.Arrangement+1))
		switch {
		case err == nil:
			continue
		case !errors.Is(err, storage.ErrNotExist):
			return nil, fmt.Errorf("arrangements of %s: %w", b.sha, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// profile is the version of the profile in a version.
func (s stored) profile() string {
	version, _, _ := strings.Cut(s.version[strings.LastIndexByte(s.version, '-')+1:], ".")
	return version
}
