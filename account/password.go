package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
)

// The lengths of passwords, in characters and in bytes.
const (
	MinPassword = 10
	MaxPassword = 1024
)

// ErrWeakPassword is what all errors about a new password wrap. Their texts are for
// people.
var ErrWeakPassword = errors.New("这个密码不能用")

// The reasons why a password is refused.
var (
	ErrPasswordShort  = fmt.Errorf("%w：至少要有 %d 个字符", ErrWeakPassword, MinPassword)
	ErrPasswordLong   = fmt.Errorf("%w：太长了，最多 %d 个字节", ErrWeakPassword, MaxPassword)
	ErrPasswordChars  = fmt.Errorf("%w：含有控制字符等不能输入的字符", ErrWeakPassword)
	ErrPasswordName   = fmt.Errorf("%w：与登录名或姓名太接近", ErrWeakPassword)
	ErrPasswordCommon = fmt.Errorf("%w：太常见，容易被猜中", ErrWeakPassword)
)

// common are passwords that are long enough and that everybody guesses first.
var common = strings.Fields(`
0123456789 0987654321 1234567890 12345678910 1234567891 123456789a a123456789 123456789q
1234567890a a1234567890 1234554321 1234512345 123456123456 123123123123 112233445566
1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz@wsx3edc 9876543210 5201314520 woaini1314
woaini5201314 woaini123456 abcd123456 abc1234567 abc123456789 abcdefghij aa12345678
aa123456789 asdfghjkl123 asdf123456 qwer123456 qwerty12345 qwerty123456 qwertyuiop
qwertyuiop123 qq123456789 zxcvbnm123 zxcvbnm123456 password12 password123 password1234
password12345 passw0rd123 p@ssw0rd123 p@ssword123 administrator admin12345 admin123456
admin@12345 root123456 iloveyou123 iloveyou1314 welcome123 letmein1234 changeme123
test123456 user123456 guest12345 sealdesk123 sealdesk1234
`)

// fewest is how many different characters a password has at least.
const fewest = 5

// CheckPassword says why a password must not be used by somebody with this sign-in
// name and display name; nil when it may. The errors wrap [ErrWeakPassword].
func CheckPassword(password, name, display string) error {
	if len(password) > MaxPassword {
		return ErrPasswordLong
	}
	if utf8.RuneCountInString(password) < MinPassword {
		return ErrPasswordShort
	}
	if _, err := opaque(password); err != nil {
		return ErrPasswordChars
	}
	folded := strings.ToLower(password)
	for _, own := range []string{name, display} {
		own = strings.ToLower(own)
		// What is left beside the name must be worth something; in a name of one or
		// two letters there is nothing to guess.
		left := strings.ReplaceAll(folded, own, "")
		if utf8.RuneCountInString(own) > 2 && left != folded && utf8.RuneCountInString(left) < MinPassword/2 {
			return ErrPasswordName
		}
	}
	different := map[rune]bool{}
	for _, r := range folded {
		different[r] = true
	}
	if len(different) < fewest || slices.Contains(common, folded) {
		return ErrPasswordCommon
	}
	return nil
}

// opaque gives a password in the form that is hashed: composed, so that the same
// characters typed on another system are the same bytes (RFC 8265, OpaqueString).
func opaque(password string) (string, error) {
	if len(password) > MaxPassword {
		return "", ErrPasswordLong
	}
	return precis.OpaqueString.String(password)
}

// Cost is what hashing a password takes, the parameters of Argon2id (RFC 9106).
type Cost struct {
	Time    uint32 // passes over the memory, 1 to 64
	Memory  uint32 // KiB, 8 to 1 GiB
	Threads uint8  // lanes, at least 1
}

// DefaultCost is the second recommendation of RFC 9106, section 4: 64 MiB and three
// passes.
var DefaultCost = Cost{Time: 3, Memory: 64 << 10, Threads: 4}

func (c Cost) valid() bool {
	return c.Time >= 1 && c.Time <= 64 && c.Memory >= 8 && c.Memory <= 1<<20 && c.Threads >= 1
}

// below says whether a hash with this cost is cheaper to guess than one with another.
func (c Cost) below(other Cost) bool { return c.Time < other.Time || c.Memory < other.Memory }

// The lengths of salts and keys in bytes, as RFC 9106 recommends them.
const (
	saltLen = 16
	keyLen  = 32
)

// hash is the hash of a password, with all that is needed to hold another against it.
type hash struct {
	cost Cost
	salt [saltLen]byte
	key  [keyLen]byte
}

var errHash = errors.New("the hash of the password is damaged")

// hashFormat is the form of the reference implementation of Argon2.
const hashFormat = "$argon2id$v=%d$m=%d,t=%d,p=%d$"

// newHash hashes a password in the form that opaque gives, with a salt of its own.
func newHash(opaque string, c Cost) hash {
	h := hash{cost: c}
	rand.Read(h.salt[:])
	h.key = h.derive(opaque)
	return h
}

func (h hash) derive(opaque string) [keyLen]byte {
	return [keyLen]byte(argon2.IDKey([]byte(opaque), h.salt[:], h.cost.Time, h.cost.Memory, h.cost.Threads, keyLen))
}

// fits says whether it is the hash of a password.
func (h hash) fits(opaque string) bool {
	key := h.derive(opaque)
	return subtle.ConstantTimeCompare(key[:], h.key[:]) == 1
}

// String is the hash as it is kept.
func (h hash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(hashFormat, argon2.Version, h.cost.Memory, h.cost.Time, h.cost.Threads) + b64(h.salt[:]) + "$" + b64(h.key[:])
}

// parseHash reads what String gave, and nothing else. Costs are bounded, for what is
// in a record decides how much memory is taken.
func parseHash(s string) (hash, error) {
	var h hash
	var version int
	if len(s) > 200 {
		return hash{}, errHash
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return hash{}, errHash
	}
	head := strings.Join(parts[:4], "$") + "$"
	if _, err := fmt.Sscanf(head, hashFormat, &version, &h.cost.Memory, &h.cost.Time, &h.cost.Threads); err != nil {
		return hash{}, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) != saltLen {
		return hash{}, errHash
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) != keyLen {
		return hash{}, errHash
	}
	h.salt, h.key = [saltLen]byte(salt), [keyLen]byte(key)
	if version != argon2.Version || !h.cost.valid() || h.String() != s {
		return hash{}, errHash
	}
	return h, nil
}
