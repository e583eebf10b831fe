package call

import "go.yaml.in/yaml/v3"

func validate(c *Call, root *yaml.Node) []Problem { return nil }
