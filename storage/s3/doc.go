// Package s3 keeps the objects of a [storage.Store] in a bucket of an
// S3-compatible service, and reads the scans that others put into one.
//
// # Layout
//
// The name of an object in the bucket is its key after [Options.Prefix], and
// its bytes are those that were put, so any S3 tool can read and copy them. Its
// metadata carry the SHA-256 of the bytes (x-amz-meta-sealdesk-sha256); a copy
// that keeps names, bytes and metadata is a backup. Keys that some service
// would refuse or change (very long ones, brackets, a dot or space at the end of
// a segment, ...) are kept under names below "_sealdesk/" (see name.go). What else
// stands below the prefix is listed when its name is a valid key, and is
// [storage.ErrCorrupt] to whoever reads it, for want of a checksum.
//
// # Write-once
//
// Every object is written under the condition that there is none of its name
// (If-None-Match: *), which the service decides: exactly one of many writers
// wins, in this process or another. [Open] tries whether the service really
// refuses a second write and fails where it does not. Objects of more than one
// part (8 MiB) go up in parts, and the condition is on the request that joins
// them; where the service ignores it there, or knows no parts, they go up in one
// piece of at most 5 GiB. All that was seen to hold with the servers of the tests:
//
//	                                     MinIO   versitygw  gofakes3
//	                                     2026-02 1.8.0      1.2.0
//	second write refused                 yes     yes        yes
//	second joining of parts refused      yes     yes        no: one piece
//	acknowledged objects after kill -9   whole   whole      (in memory)
//	garbled bytes refused                yes     yes        with MD5 sums
//	object "a" beside "a/b"              yes     refused    yes
//	a changed scan of an intake          refused refused    found by its ETag
//	notifications to an intake           yes     no         no
//
// # Integrity
//
// Bytes are hashed when they are first seen. The hash goes with the request, so
// that the service refuses what was garbled on its way, and stays as metadata,
// against which every read is checked. A Put that finds its key taken reads the
// old object back before it calls that a success. Damage in the service is
// [storage.ErrCorrupt], unless the service finds it first and gives an error of
// its own: MinIO asks to try again later.
//
// # What it does not do
//
// It does not delete, save for parts of uploads that failed or were left
// unfinished for a day. It makes no bucket unless asked ([CreateBucket]), and
// changes no bucket's settings: versioning, object lock with a default
// retention, encryption and lifecycle rules are the administrator's, and work
// unseen. It detects damage but cannot mend it.
//
// Whether an acknowledged object survives a power cut is up to the service, as
// [storage.Store] cannot ask it: by their sources, MinIO syncs the bytes that it
// writes but their place in a folder only with MINIO_FS_OSYNC=on in its
// environment, which is to be set; and versitygw syncs nothing, so it belongs on
// a file system that does (mounted with sync).
package s3
