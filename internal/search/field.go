package search

import "slices"

// Field is the canonical name of a field.
type Field string

// The fields. Everything else is a tag.
const (
	ID          Field = "id"
	Timestamp   Field = "timestamp"
	Level       Field = "level"
	Handled     Field = "handled"
	Title       Field = "title"
	Culprit     Field = "culprit"
	Message     Field = "message"
	Platform    Field = "platform"
	Logger      Field = "logger"
	Transaction Field = "transaction"
	ServerName  Field = "server_name"
	Release     Field = "release"
	Dist        Field = "dist"
	Environment Field = "environment"

	ErrorType      Field = "error.type"
	ErrorValue     Field = "error.value"
	ErrorMechanism Field = "error.mechanism"
	StackFunction  Field = "stack.function"
	StackModule    Field = "stack.module"
	StackFilename  Field = "stack.filename"
	StackAbsPath   Field = "stack.abs_path"

	User         Field = "user"
	UserID       Field = "user.id"
	UserEmail    Field = "user.email"
	UserUsername Field = "user.username"
	UserIP       Field = "user.ip"

	URL        Field = "url"
	HTTPMethod Field = "http.method"
	SDKName    Field = "sdk.name"
	SDKVersion Field = "sdk.version"
	Trace      Field = "trace"

	Is        Field = "is"
	Assigned  Field = "assigned"
	TimesSeen Field = "times_seen"
	UsersSeen Field = "users_seen"
	FirstSeen Field = "first_seen"
	LastSeen  Field = "last_seen"
	Issue     Field = "issue"
)

// Kind is how values of a field are written and compared.
type Kind uint8

// The kinds.
const (
	KindText   Kind = iota // a Pattern
	KindLevel              // debug < info < warning < error < fatal
	KindBool               // true or false
	KindNumber             // a whole number, not negative
	KindTime               // a moment or a span before now
	KindID                 // 32 hexadecimal digits
	KindStatus             // a word of StatusWords
	KindIssue              // an issue's id or short id
)

// StatusWords are what is: takes besides assigned and unassigned, which the
// parser turns into has:assigned and !has:assigned.
func StatusWords() []string {
	return []string{"unresolved", "resolved", "archived", "new", "ongoing", "regressed", "escalating"}
}

// FieldInfo describes a field.
type FieldInfo struct {
	Field   Field
	Aliases []string
	Kind    Kind
	Issue   bool   // speaks of the issue, not of the event
	Many    bool   // an event can have several values
	Doc     string // what it is
	Example string // a term that uses it

	summary bool // an event.Summary knows it
}

var fields = []FieldInfo{
	{Field: ID, Aliases: []string{"event.id", "event_id"}, Kind: KindID, summary: true, Doc: "The event's id: 32 hexadecimal digits, with or without dashes.", Example: "id:fc6d8c0c43fc4630ad850ee518f1b9d0"},
	{Field: Timestamp, Kind: KindTime, summary: true, Doc: "When the event happened.", Example: "timestamp:>2026-01-01"},
	{Field: Level, Kind: KindLevel, summary: true, Doc: "Severity: debug, info, warning, error or fatal, in this order.", Example: "level:>=error"},
	{Field: Handled, Aliases: []string{"error.handled"}, Kind: KindBool, summary: true, Doc: "Whether the program handled the error; true also where the SDK does not say.", Example: "handled:false"},
	{Field: Title, Kind: KindText, summary: true, Doc: "Exception type and value, or the message, as lists show it.", Example: `title:"TypeError*"`},
	{Field: Culprit, Kind: KindText, summary: true, Doc: "Where it happened: the transaction, or the crashing function of the program's own code.", Example: "culprit:checkout*"},
	{Field: Message, Kind: KindText, Doc: "The message of an event that has one.", Example: `message:"*time*out*"`},
	{Field: Platform, Kind: KindText, summary: true, Doc: "The language or platform.", Example: "platform:go"},
	{Field: Logger, Kind: KindText, Doc: "The logger that wrote it.", Example: "logger:billing.*"},
	{Field: Transaction, Kind: KindText, summary: true, Doc: "The route, job or command in which it happened.", Example: `transaction:"POST /checkout"`},
	{Field: ServerName, Aliases: []string{"server"}, Kind: KindText, summary: true, Doc: "The machine.", Example: "server_name:web-*"},
	{Field: Release, Kind: KindText, summary: true, Doc: "The version of the program.", Example: "release:1.2.*"},
	{Field: Dist, Kind: KindText, Doc: "The build of the release.", Example: "dist:android-arm64"},
	{Field: Environment, Aliases: []string{"env"}, Kind: KindText, summary: true, Doc: "The environment.", Example: "!environment:dev"},

	{Field: ErrorType, Kind: KindText, Many: true, Doc: "Type of an exception of the event, causes included.", Example: "error.type:[TypeError, RangeError]"},
	{Field: ErrorValue, Kind: KindText, Many: true, Doc: "Text of an exception of the event, causes included.", Example: `error.value:"*connection refused*"`},
	{Field: ErrorMechanism, Kind: KindText, Many: true, Doc: "What captured an exception.", Example: "error.mechanism:onerror"},
	{Field: StackFunction, Kind: KindText, Many: true, Doc: "Function of a frame of an exception.", Example: "stack.function:handle*"},
	{Field: StackModule, Kind: KindText, Many: true, Doc: "Module or package of a frame of an exception.", Example: "stack.module:github.com/acme/*"},
	{Field: StackFilename, Aliases: []string{"stack.file"}, Kind: KindText, Many: true, Doc: "File of a frame of an exception.", Example: "stack.filename:*.tsx"},
	{Field: StackAbsPath, Kind: KindText, Many: true, Doc: "Full path or URL of a frame of an exception.", Example: "stack.abs_path:https://cdn.example.com/*"},

	{Field: User, Kind: KindText, Many: true, Doc: "Id, e-mail, user name, name or address of the affected user.", Example: "has:user"},
	{Field: UserID, Kind: KindText, Doc: "Id of the affected user.", Example: "user.id:42"},
	{Field: UserEmail, Kind: KindText, Doc: "E-mail of the affected user.", Example: "user.email:*@example.com"},
	{Field: UserUsername, Kind: KindText, Doc: "User name of the affected user.", Example: "user.username:ada"},
	{Field: UserIP, Kind: KindText, Doc: "Address of the affected user.", Example: "user.ip:10.0.*"},

	{Field: URL, Aliases: []string{"http.url", "request.url"}, Kind: KindText, Doc: "URL of the HTTP request.", Example: "url:*/checkout/*"},
	{Field: HTTPMethod, Aliases: []string{"request.method"}, Kind: KindText, Doc: "Method of the HTTP request.", Example: "http.method:POST"},
	{Field: SDKName, Kind: KindText, Doc: "The SDK that sent it.", Example: "sdk.name:faultline.go"},
	{Field: SDKVersion, Kind: KindText, Doc: "Version of the SDK.", Example: "sdk.version:0.*"},
	{Field: Trace, Aliases: []string{"trace_id", "trace.id"}, Kind: KindID, Doc: "Trace in which it happened: 32 hexadecimal digits.", Example: "trace:4bf92f3577b34da6a3ce929d0e0e4736"},

	{Field: Is, Kind: KindStatus, Issue: true, Doc: "State of the issue: unresolved, resolved or archived; new, ongoing, regressed or escalating; assigned or unassigned.", Example: "is:unresolved"},
	{Field: Assigned, Aliases: []string{"assignee"}, Kind: KindText, Issue: true, Doc: "E-mail of the member who works on the issue; me is whoever asks, none is nobody.", Example: "assigned:me"},
	{Field: TimesSeen, Kind: KindNumber, Issue: true, Doc: "Events of the issue, of all time.", Example: "times_seen:>100"},
	{Field: UsersSeen, Kind: KindNumber, Issue: true, Doc: "Users that the issue affected, of all time; an estimate.", Example: "users_seen:>=10"},
	{Field: FirstSeen, Aliases: []string{"age"}, Kind: KindTime, Issue: true, Doc: "First event of the issue. age: is the same word for spans.", Example: "age:-24h"},
	{Field: LastSeen, Kind: KindTime, Issue: true, Doc: "Last event of the issue.", Example: "last_seen:+30d"},
	{Field: Issue, Kind: KindIssue, Issue: true, Doc: "The issue, by short id or id.", Example: "issue:WEB-42"},
}

var byName = func() map[string]int {
	m := make(map[string]int, 2*len(fields))
	for i, f := range fields {
		m[string(f.Field)] = i
		for _, a := range f.Aliases {
			m[a] = i
		}
	}
	return m
}()

// Fields lists every field in the order of the documentation.
func Fields() []FieldInfo { return slices.Clone(fields) }

// Info describes the field; it panics for a Field that is not in the table.
func (f Field) Info() FieldInfo {
	i, ok := byName[string(f)]
	if !ok {
		panic("search: no field " + string(f))
	}
	return fields[i]
}

// fieldNamed finds a field by its name or an alias.
func fieldNamed(name string) (FieldInfo, bool) {
	i, ok := byName[name]
	if !ok {
		return FieldInfo{}, false
	}
	return fields[i], true
}
