// Package page turns the bytes of a scan into upright, deskewed page images.
//
// [Open] takes a PDF, TIFF, JPEG or PNG, told apart by content and never by
// name, and gives its pages as decoded planes ([Image]) under limits that hold
// before anything is decoded. [Upright] then turns a page the right way up,
// takes out its skew, whitens scanner borders and says whether it is blank.
// [Flatten] and [Sauvola] even out light and tell ink from paper; the stages
// after this one use them too.
//
// The package does not read text: which way is up is judged by a function that
// is handed in. It finds no lines or cells for others, removes no watermarks,
// straightens no perspective, and knows nothing of calls or applications.
package page
