// Package oidctest starts a provider of OpenID Connect in the process of a test: the
// example server of a certified library, with people of the test's own.
package oidctest

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the desk is called at the provider, and its secret there.
const (
	ClientID = "sealdesk"
	Secret   = "the secret"
)

// Person is somebody whom the provider knows. Name is what they sign in with there, and
// the claim sub.
type Person struct {
	Name, Password, Email string
	Verified              bool // whether the provider has verified the address
}

// Start starts a provider that leads back to an address, until the test ends, and gives
// its own.
func Start(t *testing.T, back string, people ...Person) (issuer string) {
	t.Helper()
	known := users{}
	for _, p := range people {
		known[p.Name] = &storage.User{ID: p.Name, Username: p.Name, Password: p.Password, Email: p.Email, EmailVerified: p.Verified}
	}
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	kept := storage.NewStorageWithClients(known, map[string]*storage.Client{ClientID: storage.WebClient(ClientID, Secret, back)})
	server.Config.Handler = exampleop.SetupServer(issuer, kept, slog.New(slog.DiscardHandler), false, op.WithAllowInsecure())
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// users are people by name, which is also their id.
type users map[string]*storage.User

// GetUserByID implements storage.UserStore.
func (u users) GetUserByID(id string) *storage.User { return u[id] }

// GetUserByUsername implements storage.UserStore.
func (u users) GetUserByUsername(name string) *storage.User { return u[name] }

// ExampleClientID implements storage.UserStore.
func (u users) ExampleClientID() string { return "service" }
