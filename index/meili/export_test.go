package meili

import "context"

// Remove deletes the index that a test made.
func Remove(ctx context.Context, o Options) error {
	x, err := open(o)
	if err != nil {
		return err
	}
	defer x.server.closer.CloseIdleConnections()
	return x.server.remove(ctx, x.uid)
}

// RetryTime is enough to ask a server that is not there twice.
const RetryTime = 3 * firstPause
