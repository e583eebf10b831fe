// Package seal finds the seals and signatures on an upright page. Find gives the
// place of each seal and reads the name round a round one; Matches holds that
// name against the unit that should have stamped; FindSignature tells whether
// there is handwriting at a signing place.
//
// The package does not judge whether a seal is genuine or only copied, does not
// read names written by hand, and does not decide which unit ought to stamp or
// where a signature belongs.
package seal
