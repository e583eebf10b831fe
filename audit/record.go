package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is one thing that somebody did.
type Entry struct {
	// Seq counts the entries from 1. Append sets it.
	Seq int `json:"seq"`
	// ID is random, so that two entries that are alike in all else are two. Append
	// sets it.
	ID string `json:"id"`
	// Time is when it was done. Append sets it where it is zero.
	Time time.Time `json:"time"`
	// User is who did it: the id of an account, or what stands for somebody without
	// one, such as "cli:" with the name of a user of the machine.
	User string `json:"user"`
	// Action is what was done, one of this package's constants.
	Action string `json:"action"`
	// Object is what it was done to: a key of the store, an application's id, an
	// account's id.
	Object string `json:"object,omitempty"`
	// Detail says more: the keys of fields, a role, a format. Never a field's value,
	// nor the words of a search, for the trail is read by people who may not see
	// the papers.
	Detail string `json:"detail,omitempty"`
	// Prev is the Hash of the entry before, "" in the first.
	Prev string `json:"prev"`
	// Hash is the SHA-256 of the entry's JSON without it, in hexadecimal digits.
	Hash string `json:"hash,omitempty"`
}

// The actions.
const (
	SignIn          = "sign-in"
	SignInRefused   = "sign-in-refused"
	SignOut         = "sign-out"
	Bring           = "bring"   // a bundle, into the desk
	Cancel          = "cancel"  // the reading of a bundle
	Retry           = "retry"   // the reading of a bundle
	Arrange         = "arrange" // pages
	Search          = "search"
	View            = "view" // an application
	ViewPage        = "view-page"
	Correct         = "correct" // a field
	Export          = "export"  // a report, a receipt, a file
	AccountAdd      = "account-add"
	AccountList     = "account-list"
	AccountPassword = "account-password"
	AccountReset    = "account-reset" // the password taken away, a link given out
	AccountRole     = "account-role"
	AccountDisable  = "account-disable"
	AccountEnable   = "account-enable"
	AccountIdentity = "account-identity" // who it is to the service by which people sign in
	TokenAdd        = "token-add"        // for an account, whose id is the object
	TokenList       = "token-list"
	TokenRevoke     = "token-revoke"
	TokenRefused    = "token-refused" // one that is wrong, over or somebody's who is disabled
	CallAdd         = "call-add"      // a profile, whose id is the object
	ReadTrail       = "read-trail"    // this trail
)

// Actions gives all of them, in the order in which people are shown them.
func Actions() []string {
	return []string{
		SignIn, SignInRefused, SignOut, Bring, Cancel, Retry, Arrange, Search, View, ViewPage, Correct, Export,
		AccountList, AccountAdd, AccountPassword, AccountReset, AccountRole, AccountDisable, AccountEnable, AccountIdentity,
		TokenAdd, TokenList, TokenRevoke, TokenRefused, CallAdd, ReadTrail,
	}
}

// maxText is the greatest length of a text in an entry, in characters. Longer ones are
// cut, for what somebody sent must not keep the entry from being written.
const maxText = 500

func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText]) + "…"
	}
	return s
}

// seal gives the bytes under which an entry is kept, and its hash in it. They are the
// only ones for the entry: a byte more or less is an alteration.
func (e *Entry) seal() ([]byte, error) {
	e.Hash = ""
	open, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(open)
	e.Hash = hex.EncodeToString(sum[:])
	b, err := json.Marshal(e)
	return append(b, '\n'), err
}

var errAltered = errors.New("the bytes are not those that were written")

// parse reads what seal gave, and nothing else.
func parse(b []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errAltered, err)
	}
	again := e
	sealed, err := again.seal()
	if err != nil || !bytes.Equal(sealed, b) {
		return Entry{}, errAltered
	}
	return e, nil
}
