package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/credential"
)

// BootstrapConfig is what the first start is given; everything may be left out.
// What is given is also made sure of at every later start.
type BootstrapConfig struct {
	// ProjectID is the decimal id of the first project (FAULTLINE_BOOTSTRAP_PROJECT_ID); 1 if left out.
	ProjectID uint32
	// Key is the public key of the project's DSN, 32 hexadecimal digits (FAULTLINE_BOOTSTRAP_KEY); made if left out.
	Key string
	// Token is an API token with every scope, at least 16 characters (FAULTLINE_BOOTSTRAP_TOKEN); made if left out.
	Token string
	// Email is the address of the first owner (FAULTLINE_BOOTSTRAP_EMAIL); admin@localhost if left out.
	Email string
	// Password is the first owner's, at least 8 characters (FAULTLINE_BOOTSTRAP_PASSWORD); made if left out.
	Password string
}

const (
	organizationID   = "default"
	defaultEmail     = "admin@localhost"
	minToken         = 16
	maxToken         = 512
	minPassword      = 8
	firstProject     = 1
	firstProjectSlug = "default"
)

// Validate reports what is wrong, with the name of the variable.
func (c BootstrapConfig) Validate() error {
	var faults []error
	fault := func(variable, format string, args ...any) {
		faults = append(faults, fmt.Errorf("FAULTLINE_BOOTSTRAP_%s %s", variable, fmt.Sprintf(format, args...)))
	}
	if c.Key != "" && !credential.IsPublicKey(c.Key) {
		fault("KEY", "is not 32 hexadecimal digits")
	}
	if c.Token != "" {
		switch shape, _ := credential.Classify(c.Token); {
		case len(c.Token) < minToken, len(c.Token) > maxToken:
			fault("TOKEN", "has %d characters; it must have %d to %d", len(c.Token), minToken, maxToken)
		case shape == credential.None:
			fault("TOKEN", "holds a space or a character beyond ASCII")
		case shape == credential.APIKey:
			fault("TOKEN", "looks like a JWT, which it cannot be")
		}
	}
	if c.Email != "" {
		if err := email(c.Email); err != nil {
			fault("EMAIL", "is wrong: %v", err)
		}
	}
	if c.Password != "" && (len(c.Password) < minPassword || len(c.Password) > credential.MaxPassword) {
		fault("PASSWORD", "has %d bytes; it must have %d to %d", len(c.Password), minPassword, credential.MaxPassword)
	}
	return errors.Join(faults...)
}

// FirstRun is what the first start made. Secrets are in it once, and only those
// that were made: not those that were given.
type FirstRun struct {
	Created   bool // this was the first start; on later ones all else is empty
	ProjectID uint32
	Key       string // public key of the DSN; no secret
	APIKey    string
	Token     string
	Email     string
	Password  string
}

// BootstrapStore is what the first start fills. Provision must be all or
// nothing, and do it once however many processes try; the Create methods must
// return project.ErrExists for what exists.
type BootstrapStore interface {
	credential.Secrets
	ProjectStore
	FirstStore
	KeyFinder
	MemberStore
}

// FirstStore is filled once, and has tokens added later.
type FirstStore interface {
	Provision(ctx context.Context, p project.Provision, rules []rule.Rule) (bool, error)
	TokenByHash(ctx context.Context, secretHash string) (project.Token, error)
	CreateToken(ctx context.Context, t project.Token) error
}

// KeyFinder finds keys of every project.
type KeyFinder interface {
	Key(ctx context.Context, id string) (project.Key, error)
	CreateKey(ctx context.Context, k project.Key) error
}

// MemberStore holds members; MemberByEmail is given an address in lower case.
type MemberStore interface {
	Members(ctx context.Context, organizationID string) ([]project.Member, error)
	MemberByEmail(ctx context.Context, email string) (project.Member, error)
	CreateMember(ctx context.Context, m project.Member) (project.Member, error)
}

// Bootstrap makes what a store must hold to be used: at the first start an
// organization, a project with a key and alert rules, an API key, a token and an
// owner; at later ones only what is given and missing. Several processes may
// call it at the same time; one gets the secrets.
func Bootstrap(ctx context.Context, store BootstrapStore, cfg BootstrapConfig) (FirstRun, error) {
	if err := cfg.Validate(); err != nil {
		return FirstRun{}, err
	}
	cfg.Key, cfg.Email = strings.ToLower(cfg.Key), strings.ToLower(cfg.Email)
	b := bootstrap{store: store, cfg: cfg, now: time.Now().UTC().Truncate(time.Microsecond)}
	run, err := b.first(ctx)
	if err == nil && !run.Created {
		run, err = FirstRun{}, b.later(ctx)
	}
	if err != nil {
		return FirstRun{}, fmt.Errorf("set up the first project: %w", err)
	}
	return run, nil
}

type bootstrap struct {
	store BootstrapStore
	cfg   BootstrapConfig
	now   time.Time
}

func (b bootstrap) first(ctx context.Context) (FirstRun, error) {
	signer, err := credential.LoadSigner(ctx, b.store)
	if err != nil {
		return FirstRun{}, err
	}
	run := FirstRun{
		Created: true, ProjectID: cmp.Or(b.cfg.ProjectID, firstProject),
		Key: cmp.Or(b.cfg.Key, credential.NewPublicKey()), Email: cmp.Or(b.cfg.Email, defaultEmail),
	}
	token, password := b.cfg.Token, b.cfg.Password
	if token == "" {
		token = credential.NewToken()
		run.Token = token
	}
	if password == "" {
		password = credential.NewPassword()
		run.Password = password
	}
	owner, err := b.owner(ctx, run.Email, password)
	if err != nil {
		return FirstRun{}, err
	}
	apiKey := project.Key{ProjectID: run.ProjectID, Kind: project.KeyJWT, Name: "First API key", CreatedAt: b.now}
	if apiKey, run.APIKey, err = signKey(signer, apiKey, organizationID); err != nil {
		return FirstRun{}, err
	}
	run.Created, err = b.store.Provision(ctx, project.Provision{
		Organization: project.Organization{ID: organizationID, Name: "My organization"},
		Project:      b.project(run.ProjectID, firstProjectSlug),
		Keys:         []project.Key{b.key(run.ProjectID, run.Key), apiKey},
		Token:        b.token(token),
		Owner:        owner,
	}, defaultRules([]string{owner.Email}, b.now))
	return run, err
}

// later makes sure of what is given.
func (b bootstrap) later(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.laterProject, b.laterKey, b.laterToken, b.laterOwner} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b bootstrap) laterProject(ctx context.Context) error {
	if b.cfg.ProjectID == 0 {
		return nil
	}
	_, err := b.store.Project(ctx, b.cfg.ProjectID)
	if !errors.Is(err, project.ErrNotFound) {
		return err
	}
	projects, err := b.store.Projects(ctx, organizationID)
	if err != nil {
		return err
	}
	taken := make(map[string]bool, len(projects))
	for _, p := range projects {
		taken[p.Slug] = true
	}
	members, err := b.store.Members(ctx, organizationID)
	if err != nil {
		return err
	}
	p := b.project(b.cfg.ProjectID, freeSlug(firstProjectSlug, taken))
	_, err = b.store.SetUpProject(ctx, p, nil, defaultRules(owners(members), b.now))
	return existing(err)
}

func (b bootstrap) laterKey(ctx context.Context) error {
	if b.cfg.Key == "" {
		return nil
	}
	projectID := cmp.Or(b.cfg.ProjectID, firstProject)
	k, err := b.store.Key(ctx, b.cfg.Key)
	switch {
	case err == nil && k.ProjectID != projectID:
		return fmt.Errorf("FAULTLINE_BOOTSTRAP_KEY is a key of project %d, not of project %d (FAULTLINE_BOOTSTRAP_PROJECT_ID)", k.ProjectID, projectID)
	case !errors.Is(err, project.ErrNotFound):
		return err
	}
	if _, err := b.store.Project(ctx, projectID); err != nil {
		return fmt.Errorf("FAULTLINE_BOOTSTRAP_PROJECT_ID must name the project of FAULTLINE_BOOTSTRAP_KEY: %w", err)
	}
	return existing(b.store.CreateKey(ctx, b.key(projectID, b.cfg.Key)))
}

func (b bootstrap) laterToken(ctx context.Context) error {
	if b.cfg.Token == "" {
		return nil
	}
	_, err := b.store.TokenByHash(ctx, credential.Hash(b.cfg.Token))
	if errors.Is(err, project.ErrNotFound) {
		return existing(b.store.CreateToken(ctx, b.token(b.cfg.Token)))
	}
	return err
}

func (b bootstrap) laterOwner(ctx context.Context) error {
	if b.cfg.Email == "" || b.cfg.Password == "" {
		return nil
	}
	_, err := b.store.MemberByEmail(ctx, b.cfg.Email)
	if !errors.Is(err, project.ErrNotFound) {
		return err
	}
	owner, err := b.owner(ctx, b.cfg.Email, b.cfg.Password)
	if err != nil {
		return err
	}
	_, err = b.store.CreateMember(ctx, owner)
	return existing(err)
}

// existing forgives that another process was quicker.
func existing(err error) error {
	if errors.Is(err, project.ErrExists) {
		return nil
	}
	return err
}

func (b bootstrap) project(id uint32, slug string) project.Project {
	return project.Project{
		ID: id, OrganizationID: organizationID, Slug: slug, Name: "My project", CreatedAt: b.now, Settings: project.DefaultSettings(),
	}
}

func (b bootstrap) key(projectID uint32, publicKey string) project.Key {
	return project.Key{ID: publicKey, ProjectID: projectID, Kind: project.KeyDSN, Name: "Default", CreatedAt: b.now}
}

func (b bootstrap) token(secret string) project.Token {
	return project.Token{
		ID: credential.NewID(), OrganizationID: organizationID, Name: "First token", Scopes: project.Scopes(),
		SecretHash: credential.Hash(secret), CreatedAt: b.now,
	}
}

func (b bootstrap) owner(ctx context.Context, email, password string) (project.Member, error) {
	hash, err := credential.NewPasswords(1).Hash(ctx, password)
	if err != nil {
		return project.Member{}, err
	}
	name, _, _ := strings.Cut(email, "@")
	return project.Member{
		ID: credential.NewID(), OrganizationID: organizationID, Email: email, Name: name, Role: project.RoleOwner,
		PasswordHash: hash, CreatedAt: b.now,
	}, nil
}
