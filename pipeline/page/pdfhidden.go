package page

// invisible is the mode of text that is there to be found and not to be seen.
const invisible = "3"

// WithoutHidden takes out of a PDF page's content what shows text that nobody sees, as
// programs leave it that read the scan before. All else stays, byte for byte. Content
// that cannot be taken apart with certainty (it is malformed, has pictures inside, or is
// longer than 4 MiB) is given as it is.
func WithoutHidden(content []byte) []byte {
	if len(content) > maxContent {
		return content
	}
	lex := contentLexer{data: content}
	out := make([]byte, 0, len(content))
	mode, last := "0", ""
	var modes []string
	kept, operands := 0, 0 // where what is not yet taken over begins, and the operands
	first := true
	for {
		tok, kind := lex.next()
		switch kind {
		case tokenEnd:
			return append(out, content[kept:]...)
		case tokenBad:
			return content
		case tokenOperand:
			if first {
				operands, first = lex.pos-len(tok), false
			}
			last = string(tok)
			continue
		}
		switch op := string(tok); op {
		case "BI", "ID", "EI":
			return content
		case "q":
			if len(modes) > 256 {
				return content
			}
			modes = append(modes, mode)
		case "Q":
			if n := len(modes); n > 0 {
				mode, modes = modes[n-1], modes[:n-1]
			}
		case "Tr":
			mode = last
		case "Tj", "TJ", "'", `"`:
			if mode != invisible || first {
				break
			}
			out = append(out, content[kept:operands]...)
			if op != "Tj" && op != "TJ" {
				out = append(out, "T*"...) // what these two do first
			}
			kept = lex.pos
		}
		first = true
	}
}
