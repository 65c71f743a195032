package chdb

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// request is one statement with everything the URL said about it.
type request struct {
	sql         string
	queryID     string
	database    string
	format      string // of the answer, unless the statement names one
	comment     string // the client's log_comment
	settings    map[string]string
	params      []param
	compress    bool   // the answer in compressed Native blocks
	decompress  bool   // the body in compressed Native blocks
	compression string // method of those blocks, in capitals
	gzip        bool   // the answer gzipped, if the client accepts that
	bodyIsData  bool   // the statement came in the URL, so the body holds its rows
}

// ignored are URL parameters of the ClickHouse HTTP interface that have no meaning here:
// one engine, one user, and the revision of the format is fixed.
var ignored = map[string]bool{
	"client_protocol_version": true, "quota_key": true, "user": true, "password": true,
	"session_id": true, "session_check": true, "session_timeout": true, "close_session": true,
	"wait_end_of_query": true, "buffer_size": true, "stacktrace": true, "role": true,
}

// parseRequest reads the URL's parameters. Whatever is neither a known parameter nor a
// setting of the engine is refused by name.
func parseRequest(values url.Values, knows func(setting string) bool) (*request, error) {
	r := &request{format: "TabSeparated", compression: "LZ4", settings: make(map[string]string)}
	for name, list := range values {
		value := list[len(list)-1]
		switch {
		case name == "query":
			r.sql, r.bodyIsData = value, value != ""
		case name == "query_id":
			r.queryID = value
		case name == "default_format":
			r.format = value
		case name == "database":
			r.database = value
		case name == "compress":
			r.compress = value == "1" || value == "true"
		case name == "decompress":
			r.decompress = value == "1" || value == "true"
		case name == "enable_http_compression":
			r.gzip = value == "1" || value == "true"
		case name == "log_comment":
			r.comment = value
		case strings.HasPrefix(name, "param_"):
			r.params = append(r.params, param{strings.TrimPrefix(name, "param_"), value})
		case ignored[name]:
		case !knows(name):
			return nil, refuse(codeUnknownSetting, "Setting %s is neither a builtin setting nor started with the prefix 'SQL_' registered for user-defined settings. (UNKNOWN_SETTING)", name)
		default:
			if name == "network_compression_method" {
				r.compression = strings.ToUpper(value)
			}
			r.settings[name] = value
		}
		if strings.IndexByte(value, 0) >= 0 || strings.IndexByte(name, 0) >= 0 {
			return nil, refuse(codeBadArguments, "URL parameter %q holds a NUL byte", name)
		}
	}
	slices.SortFunc(r.params, func(a, b param) int { return cmp.Compare(a.name, b.name) })
	return r, nil
}

// arguments writes the settings as connect arguments: those the client gave, the defaults
// where it gave none, the tag by which the statement can be found, and readonly at the
// end, since nothing can be set after it.
func (r *request) arguments(defaults map[string]string, tag string) []string {
	all := make(map[string]string, len(defaults)+len(r.settings))
	maps.Copy(all, defaults)
	maps.Copy(all, r.settings)
	readonly, locked := all["readonly"]
	delete(all, "readonly")
	args := make([]string, 0, len(all)+2)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "--"+name+"="+all[name])
	}
	args = append(args, "--log_comment="+tag)
	if locked {
		args = append(args, "--readonly="+readonly)
	}
	return args
}
