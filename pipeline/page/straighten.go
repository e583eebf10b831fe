package page

// Straighten turns and straightens a page as [Upright] did when it found this
// rotation, clockwise in degrees, and this skew, so that places found on that page
// lie where they did. It looks for nothing and cleans nothing off. m is not
// changed; the result may share its planes.
func Straighten(m *Image, rotation int, skew float64) *Image {
	out := *m
	pose{rotation: rotation, skew: skew}.apply(&out)
	return &out
}
