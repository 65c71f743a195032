package scrub

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/project"
)

// Rules are a project's decisions in a form that is quick to apply. They are
// immutable and may be shared.
type Rules struct {
	defaults bool
	ips      bool
	keys     keySet
	safe     keySet
}

// NewRules compiles a project's settings.
func NewRules(s project.Settings) *Rules {
	return &Rules{defaults: s.ScrubDefaults, ips: s.ScrubIPs, keys: newKeySet(s.ScrubKeys), safe: newKeySet(s.SafeKeys)}
}

// looks reports whether there is anything to remove at all.
func (r *Rules) looks() bool { return r.defaults || r.ips || r.further() }

// further reports whether the project has keys of its own.
func (r *Rules) further() bool { return len(r.keys.exact) > 0 || len(r.keys.patterns) > 0 }

// safeKey reports whether the value of a key is never touched.
func (r *Rules) safeKey(key string) bool { return r.safe.has(key) }

// secretKey reports whether the value of a key is to be removed.
func (r *Rules) secretKey(key string) bool {
	if r.safe.has(key) {
		return false
	}
	return r.keys.has(key) || r.defaults && sensitiveKey(key) || r.ips && addressKey(key)
}

// shown is text for a project that may have it off.
func (r *Rules) shown(s string) (string, bool) {
	if !r.defaults {
		return s, false
	}
	return r.text(s)
}

// keySet is a set of keys, some of them patterns; letters' case does not matter.
type keySet struct {
	exact    map[string]bool // lower case
	patterns []string
}

func newKeySet(list []string) (k keySet) {
	for _, s := range list {
		switch s = strings.ToLower(strings.TrimSpace(s)); {
		case s == "":
		case strings.Contains(s, "*"):
			k.patterns = append(k.patterns, s)
		default:
			if k.exact == nil {
				k.exact = make(map[string]bool, len(list))
			}
			k.exact[s] = true
		}
	}
	return k
}

func (k *keySet) has(key string) bool {
	return len(k.exact) > 0 && k.exact[strings.ToLower(key)] || len(k.patterns) > 0 && project.MatchAny(k.patterns, key)
}

// addressKeys are the names under which programs, proxies and OpenTelemetry tell a
// client's address, in the form that addressKey gives them.
var addressKeys = map[string]bool{
	"ip": true, "ip_address": true, "ipaddress": true, "client_ip": true, "clientip": true, "user_ip": true, "remote_ip": true, "remote_addr": true, "remoteaddr": true, "remote_address": true,
	"x_forwarded_for": true, "x_original_forwarded_for": true, "forwarded": true, "forwarded_for": true, "x_real_ip": true, "x_client_ip": true, "x_cluster_client_ip": true,
	"cf_connecting_ip": true, "cf_connecting_ipv6": true, "cf_pseudo_ipv4": true, "true_client_ip": true, "fastly_client_ip": true, "fly_client_ip": true, "x_envoy_external_address": true, "x_azure_clientip": true,
	"client_address": true, "source_address": true, "net_peer_ip": true, "net_sock_peer_addr": true, "network_peer_address": true, "client_socket_address": true,
}

// addressKey reports whether a key names the address of a client.
func addressKey(key string) bool {
	if len(key) > memoText {
		return false
	}
	var form [memoText]byte
	for i := range len(key) {
		c := key[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '-' || c == '.':
			c = '_'
		}
		form[i] = c
	}
	name := strings.TrimPrefix(string(form[:len(key)]), "http_")
	return addressKeys[name]
}
