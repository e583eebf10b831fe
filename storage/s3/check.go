package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// Level says what follows from a [Finding].
type Level int

// The levels.
const (
	Good Level = iota // nothing is to be done
	Note              // it could be better; the bucket can be used all the same
	Bad               // the bucket cannot be used so
)

// Finding is one thing that was looked at.
type Finding struct {
	Level Level
	What  string // was looked at, in Chinese
	Text  string // what was found and what to do about it, in Chinese
}

// Report is what was found, in the order of looking.
type Report []Finding

// Usable says whether nothing is Bad.
func (r Report) Usable() bool {
	for _, f := range r {
		if f.Level == Bad {
			return false
		}
	}
	return true
}

func (r *Report) add(level Level, what, format string, args ...any) {
	*r = append(*r, Finding{level, what, fmt.Sprintf(format, args...)})
}

// checkRetries keeps a look at a server that is not there short.
const checkRetries = 3

// Check looks at the bucket of a Store: whether it is reached with the
// credentials, refuses to overwrite, keeps versions and locks objects, and
// whether the clocks agree. Nothing that it finds is an error; that is the
// context's alone. It leaves what [Open] leaves.
func Check(ctx context.Context, o Options) (Report, error) {
	var r Report
	o.retries = checkRetries
	prefix, err := o.folder()
	if err != nil {
		r.add(Bad, "存储桶配置", "前缀 %q 不能使用。请改用不超过 %d 字节、不含特殊字符的前缀", o.Prefix, maxPrefix)
		return r, nil
	}
	b := r.reach(ctx, o, prefix)
	if b == nil {
		return r, ctx.Err()
	}
	defer b.close()
	s := &Store{bucket: b, prefix: prefix, md5: o.MD5, spool: o.Spool}
	if r.writeOnce(ctx, s) {
		r.versions(ctx, b)
		r.lock(ctx, b)
	}
	r.clock(b)
	return r, ctx.Err()
}

// CheckIntake looks at the bucket of an [Intake]: whether it can be listed with
// the credentials, and whether the clocks agree. It writes nothing.
func CheckIntake(ctx context.Context, o Options) (Report, error) {
	var r Report
	o.retries = checkRetries
	b := r.reach(ctx, o, "")
	if b == nil {
		return r, ctx.Err()
	}
	defer b.close()
	r.clock(b)
	return r, ctx.Err()
}

// reach lists the bucket. It gives nil when that fails.
func (r *Report) reach(ctx context.Context, o Options, prefix string) *bucket {
	const what = "存储桶"
	b, err := connect(o)
	if err != nil {
		r.add(Bad, "存储桶配置", "%v。请改正配置", err)
		return nil
	}
	err = b.tryList(ctx, prefix)
	if err == nil {
		r.add(Good, what, "%s 上的 %s 可以访问", shown(o.Endpoint), o.Bucket)
		return b
	}
	switch code := answerOf(err).Code; {
	case errors.Is(err, ErrBucket):
		r.add(Bad, what, "%s 上没有存储桶 %s。请先建立，例如 mc mb 别名/%s", shown(o.Endpoint), o.Bucket, o.Bucket)
	case strings.EqualFold(code, minio.InvalidAccessKeyID): // the library spells it in its own way
		r.add(Bad, what, "访问密钥（access key）不存在。请核对配置或密钥文件")
	case code == minio.SignatureDoesNotMatch:
		r.add(Bad, what, "私有密钥（secret key）不对。请核对配置或密钥文件，注意末尾的空格和换行")
	case code == "RequestTimeTooSkewed":
		r.add(Bad, what, "本机时钟与服务器相差太大，请求被拒绝。请校准时钟（NTP）")
	case code == minio.AccessDenied:
		r.add(Bad, what, "没有权限访问存储桶 %s。请给该密钥授予列出、读取和写入的权限（s3:ListBucket、s3:GetObject、s3:PutObject）", o.Bucket)
	case code != "":
		r.add(Bad, what, "服务器拒绝访问（%v）。请核对地址、区域和路径方式（path_style）", err)
	default:
		r.add(Bad, what, "无法连接 %s（%v）。请检查地址、http 或 https、网络和服务器是否已启动", shown(o.Endpoint), err)
	}
	b.close()
	return nil
}

// writeOnce says whether objects can be written, and once only.
func (r *Report) writeOnce(ctx context.Context, s *Store) bool {
	const what = "写入保护"
	err := s.probe(ctx)
	switch {
	case errors.Is(err, ErrOverwrites):
		r.add(Bad, what, "服务器不理会 If-None-Match: *，会覆盖已有对象。请升级服务器或换用别的（2024 年 11 月以后的 MinIO、versitygw、Amazon S3 等），并确认中间的代理不会去掉这个请求头")
		return false
	case errors.Is(err, storage.ErrFull):
		r.add(Bad, what, "存储空间已满或超过配额，不能写入。请扩容或提高配额")
		return false
	case answerOf(err).Code == minio.AccessDenied:
		r.add(Bad, what, "没有写入权限。请给该密钥授予 s3:PutObject")
		return false
	case err != nil:
		r.add(Bad, what, "不能写入（%v）。若服务器不支持 CRC32C 校验，可设 md5: true 再试", err)
		return false
	}
	switch parts, err := s.probeParts(ctx); {
	case err != nil:
		r.add(Bad, what, "不能分段上传大文件（%v）。请检查权限（s3:AbortMultipartUpload）", err)
		return false
	case !parts:
		r.add(Note, what, "已有对象不会被覆盖；但分段上传没有这种保护，大文件将整个上传，每个不超过 5 GiB")
	default:
		r.add(Good, what, "已有对象不会被覆盖，分段上传也是")
	}
	return true
}

func (r *Report) versions(ctx context.Context, b *bucket) {
	const what = "版本控制"
	switch v, err := b.core.GetBucketVersioning(ctx, b.name); {
	case unsupported(err):
		r.add(Note, what, "服务器没有版本控制，误删的对象无法找回。请另做备份")
	case err != nil:
		r.add(Note, what, "无法查看（%v）。可给该密钥授予 s3:GetBucketVersioning", b.explain(ctx, err))
	case v.Enabled():
		r.add(Good, what, "已打开，误删的对象可以找回")
	default:
		r.add(Note, what, "没有打开，误删的对象无法找回。建议打开，例如 mc version enable 别名/%s", b.name)
	}
}

func (r *Report) lock(ctx context.Context, b *bucket) {
	const what = "对象锁定"
	on, mode, days, unit, err := b.core.GetObjectLockConfig(ctx, b.name)
	switch {
	case answerOf(err).Code == "ObjectLockConfigurationNotFoundError" || err == nil && on != "Enabled":
		r.add(Note, what, "没有打开，有权限的人可以删除原件。需要时请在建桶时打开（mc mb --with-lock），已有的桶要换新桶")
	case unsupported(err):
		r.add(Note, what, "服务器没有对象锁定，有权限的人可以删除原件")
	case err != nil:
		r.add(Note, what, "无法查看（%v）", b.explain(ctx, err))
	case mode == nil || days == nil || unit == nil:
		r.add(Note, what, "已打开，但没有默认保留期，新对象不会自动锁定。可用 mc retention set --default 设定")
	default:
		r.add(Good, what, "已打开，新对象按 %s 模式保留 %d %s", *mode, *days, map[minio.ValidityUnit]string{minio.Days: "天", minio.Years: "年"}[*unit])
	}
}

// Services refuse requests whose clock is a quarter of an hour off.
const (
	noteAhead = 30 * time.Second
	badAhead  = 10 * time.Minute
)

func (r *Report) clock(b *bucket) {
	const what = "时钟"
	ahead := b.clock.ahead.Load()
	if ahead == nil {
		return
	}
	off := ahead.Abs().Round(time.Second)
	switch {
	case off >= badAhead:
		r.add(Bad, what, "与服务器相差 %v，请求很快会被拒绝。请校准两边的时钟（NTP）", off)
	case off >= noteAhead:
		r.add(Note, what, "与服务器相差 %v。请校准两边的时钟（NTP）", off)
	default:
		r.add(Good, what, "与服务器一致")
	}
}
