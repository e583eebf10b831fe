package account

import "context"

// gate lets so many through at a time as it has room for.
type gate chan struct{}

// enter waits for room until the context ends.
func (g gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }
