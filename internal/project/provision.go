package project

// Provision is what a first start puts into an empty store, all or nothing.
type Provision struct {
	Organization Organization
	Project      Project
	Keys         []Key
	Token        Token
	Owner        Member
}
