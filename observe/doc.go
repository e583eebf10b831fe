// Package observe lets the program be seen from outside: its log, its figures for
// Prometheus, and its traces for a collector that speaks OpenTelemetry.
//
// It is told by others what they do, and knows nothing of how. Bundles and pages are named
// in it, by their hashes and numbers; no value of a field, no name of a person or of a
// file, and no text of an error that could have one, leaves by it.
package observe
