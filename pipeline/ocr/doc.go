// Package ocr turns text lines that were cut out of a page into characters with
// boxes and confidences. Pool is the reader: Tesseract, kept in child processes
// that are watched, timed and replaced, since the C++ code below can crash, hang
// or corrupt its process on any picture. UpDown judges by reading which way up a
// page is. Clean is the one place where a reader's text is made comparable.
//
// The package does not find lines on a page (package layout does), does not
// flatten light or remove seals, and knows nothing of fields, forms or words: no
// text is corrected against a dictionary here. The C libraries are reached only
// through the child's side, package ocr/tesseract, which this package does not
// import.
package ocr
