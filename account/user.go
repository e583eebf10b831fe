package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// The greatest lengths of names, in characters.
const (
	MaxName    = 64
	MaxDisplay = 100
)

// The errors about accounts. Their texts are for people.
var (
	ErrName      = fmt.Errorf("登录名只能用文字、数字和 . _ -，以文字或数字开头，最多 %d 个字符", MaxName)
	ErrDisplay   = fmt.Errorf("姓名不能含控制字符，最多 %d 个字符", MaxDisplay)
	ErrRole      = errors.New("没有这个角色，可用的有 clerk、reviewer、staff、admin")
	ErrTaken     = errors.New("这个登录名已经有人用了")
	ErrNoUser    = errors.New("没有这个账号")
	ErrLastAdmin = errors.New("这是最后一个可用的管理员账号，不能停用、重设，也不能改为其他角色")
)

// User is a person who uses the desk, as of one version of their account. It holds
// nothing secret.
type User struct {
	// ID is random, 32 hexadecimal digits. It stays, and is never used again.
	ID string `json:"id"`
	// Name is what the person signs in with, as [FoldName] gives it.
	Name string `json:"name"`
	// Display is the name that others see.
	Display  string `json:"display"`
	Role     Role   `json:"role"`
	Disabled bool   `json:"disabled,omitempty"`
	// Created is when the account was added, Changed when this version of it was.
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
	// By is who made this version: the ID of a user, or what stands for none, such as
	// "setup".
	By string `json:"by"`
	// Version counts the changes of the account, from 1.
	Version int `json:"version"`
	// PasswordVersion is the version in which the password was set. A session that
	// began with another is over.
	PasswordVersion int `json:"password_version"`
	// DisabledVersion is the version in which it was last disabled, 0 for never. What was
	// given out before that is over, also when the account is enabled again.
	DisabledVersion int `json:"disabled_version,omitempty"`
	// NoPassword is that nobody can sign in with a password, as none was chosen yet.
	NoPassword bool `json:"no_password,omitempty"`
	// Identity is who the account is to the service by which people sign in, "" for
	// nobody (see [Accounts.SetIdentity]).
	Identity string `json:"identity,omitempty"`
	// LinkEnds is until when the link can be used by which its owner chooses a password
	// (see [Accounts.Invite]); zero when there is none.
	LinkEnds time.Time `json:"link_ends,omitzero"`
}

// FoldName gives a sign-in name as it is kept: in lower case, wide letters made narrow
// and composed, as RFC 8265 has it for UsernameCaseMapped, so that what looks alike on
// a keyboard is the same name. It consists of 1 to [MaxName] letters, digits and the
// characters . _ -, the first a letter or digit. The error is ErrName.
func FoldName(name string) (string, error) {
	if len(name) > utf8.UTFMax*MaxName {
		return "", ErrName
	}
	folded, err := precis.UsernameCaseMapped.String(strings.TrimSpace(name))
	if err != nil || folded == "" || utf8.RuneCountInString(folded) > MaxName {
		return "", ErrName
	}
	for i, r := range folded {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (i == 0 || !strings.ContainsRune("._-", r)) {
			return "", ErrName
		}
	}
	return folded, nil
}

// cleanDisplay gives a name that others see as it is kept; without one it is the
// sign-in name.
func cleanDisplay(display, name string) (string, error) {
	display = strings.TrimSpace(display)
	if display == "" {
		return name, nil
	}
	if !utf8.ValidString(display) || utf8.RuneCountInString(display) > MaxDisplay {
		return "", ErrDisplay
	}
	for _, r := range display {
		// Marks that turn the direction of writing are among unicode.Cf.
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return "", ErrDisplay
		}
	}
	return display, nil
}

// cleanUser gives the names of an account as they are kept, if those and its role can be.
func cleanUser(name, display string, role Role) (string, string, error) {
	name, err := FoldName(name)
	if err != nil {
		return "", "", err
	}
	if display, err = cleanDisplay(display, name); err != nil {
		return "", "", err
	}
	if !role.Valid() {
		return "", "", ErrRole
	}
	return name, display, nil
}

// record is a version of an account as it is kept: with the hash of the password,
// which does not leave the package.
type record struct {
	User
	Password string `json:"password"`
	// Link is the SHA-256 of the link's token in hexadecimal digits, "" for none.
	Link string `json:"link,omitempty"`
}

// setPassword puts the hash of another password into a version that is to be written. A
// link that was given out is worthless then.
func (r *record) setPassword(hashed string) {
	r.Password, r.PasswordVersion, r.NoPassword = hashed, 0, hashed == ""
	r.Link, r.LinkEnds = "", time.Time{}
}

var idPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// encode gives the bytes that are kept.
func (r record) encode() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// parseRecord reads a record and holds it against the rules for what is in it.
func parseRecord(b []byte) (record, error) {
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return record{}, fmt.Errorf("read an account: %w", err)
	}
	name, err := FoldName(r.Name)
	switch {
	case !idPattern.MatchString(r.ID):
		err = errors.New("its id is none")
	case err != nil || name != r.Name:
		err = errors.New("its sign-in name breaks the rules")
	case !r.Role.Valid():
		err = errors.New("there is no such role")
	case r.Version < 1 || r.PasswordVersion < 1 || r.PasswordVersion > r.Version:
		err = errors.New("its versions make no sense")
	case r.NoPassword && r.Password == "":
	default:
		_, err = parseHash(r.Password)
	}
	if err != nil {
		return record{}, fmt.Errorf("read an account: %w", err)
	}
	return r, nil
}
