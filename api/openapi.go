package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openapiYAML []byte

// document is the OpenAPI document as JSON.
func document() ([]byte, error) {
	var v any
	if err := yaml.Unmarshal(openapiYAML, &v); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(v)
}

// openAPI answers with the document that describes this API.
func (s *Server) openAPI(w http.ResponseWriter, r *http.Request) error {
	return answerTagged(w, r, jsonMedia, s.document)
}
