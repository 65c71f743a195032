package otlp

// fact is something that is said in one of several attributes, or of which the event
// keeps the best.
type fact uint8

const (
	noFact fact = iota
	release
	revision
	environment
	oldEnvironment
	namespace
	hostName
	podName
	instance
	container
	language
	sdkName
	sdkVersion
	distroName
	distroVersion
	httpRoute
	urlScheme
	urlPath
	urlQuery
	serverAddress
	serverPort
	userAgent
	threadID
	threadName
	codeFunction
	codeNamespace
	codeFile
	codeLine
	codeColumn
	codeStack
	factCount
)

// place is where an attribute goes: a fact, a field, or a context.
type place struct {
	fact    fact
	put     func(*draft, value)
	context string
	name    string
	alsoTag bool
}

// places knows the attributes of the semantic conventions, old names included, that
// are more than a tag.
var places = map[string]place{
	"service.version":             {fact: release},
	"vcs.ref.head.revision":       {fact: revision, alsoTag: true},
	"deployment.environment.name": {fact: environment},
	"deployment.environment":      {fact: oldEnvironment},
	"service.namespace":           {fact: namespace, alsoTag: true},
	"host.name":                   {fact: hostName},
	"k8s.pod.name":                {fact: podName, alsoTag: true},
	"service.instance.id":         {fact: instance, alsoTag: true},
	"container.id":                {fact: container, alsoTag: true},

	"telemetry.sdk.language":   {fact: language},
	"telemetry.sdk.name":       {fact: sdkName},
	"telemetry.sdk.version":    {fact: sdkVersion},
	"telemetry.distro.name":    {fact: distroName},
	"telemetry.distro.version": {fact: distroVersion},

	"exception.type":       {put: func(d *draft, v value) { d.thrown.kind = v.String() }},
	"exception.message":    {put: func(d *draft, v value) { d.thrown.value, d.thrown.told = v.String(), true }},
	"exception.stacktrace": {put: func(d *draft, v value) { d.thrown.stack = v.String() }},
	"exception.escaped":    {put: func(d *draft, v value) { d.thrown.escaped = v.isTrue() }},
	"event.name":           {put: func(d *draft, v value) { d.eventName = v.String() }},

	"message.template":      {put: setTemplate},
	"message_template.text": {put: setTemplate},
	"log.template":          {put: setTemplate},
	"{OriginalFormat}":      {put: setTemplate},

	"user.id":        {put: func(d *draft, v value) { d.event.User.ID = v.String() }},
	"enduser.id":     {put: func(d *draft, v value) { d.event.User.ID = first(d.event.User.ID, v.String()) }},
	"user.email":     {put: func(d *draft, v value) { d.event.User.Email = v.String() }},
	"user.name":      {put: func(d *draft, v value) { d.event.User.Username = v.String() }},
	"user.full_name": {put: func(d *draft, v value) { d.event.User.Name = v.String() }},
	"client.address": {put: func(d *draft, v value) { d.event.User.IP = v.String() }},
	"http.client_ip": {put: func(d *draft, v value) { d.event.User.IP = first(d.event.User.IP, v.String()) }},

	"url.full":            {put: func(d *draft, v value) { d.event.Request.URL = v.String() }},
	"http.url":            {put: func(d *draft, v value) { d.event.Request.URL = first(d.event.Request.URL, v.String()) }},
	"http.request.method": {put: func(d *draft, v value) { d.event.Request.Method = v.String() }},
	"http.method":         {put: func(d *draft, v value) { d.event.Request.Method = first(d.event.Request.Method, v.String()) }},
	"http.route":          {fact: httpRoute, alsoTag: true},
	"url.scheme":          {fact: urlScheme},
	"http.scheme":         {fact: urlScheme},
	"url.path":            {fact: urlPath},
	"http.target":         {fact: urlPath},
	"url.query":           {fact: urlQuery},
	"server.address":      {fact: serverAddress, alsoTag: true},
	"server.port":         {fact: serverPort, alsoTag: true},
	"user_agent.original": {fact: userAgent},
	"http.user_agent":     {fact: userAgent},

	"os.type":        {context: "os", name: "type"},
	"os.name":        {context: "os", name: "name", alsoTag: true},
	"os.version":     {context: "os", name: "version"},
	"os.description": {context: "os", name: "description"},
	"os.build_id":    {context: "os", name: "build"},

	"device.id":               {context: "device", name: "id"},
	"device.model.identifier": {context: "device", name: "model"},
	"device.model.name":       {context: "device", name: "name"},
	"device.manufacturer":     {context: "device", name: "manufacturer"},
	"host.arch":               {context: "device", name: "arch"},
	"host.id":                 {context: "device", name: "host_id"},

	"browser.brands":     {context: "browser", name: "brands"},
	"browser.platform":   {context: "browser", name: "platform"},
	"browser.mobile":     {context: "browser", name: "mobile"},
	"browser.language":   {context: "browser", name: "language"},
	"browser.name":       {context: "browser", name: "name", alsoTag: true},
	"browser.version":    {context: "browser", name: "version"},
	"user_agent.name":    {context: "browser", name: "name", alsoTag: true},
	"user_agent.version": {context: "browser", name: "version"},

	"process.runtime.name":        {context: "runtime", name: "name", alsoTag: true},
	"process.runtime.version":     {context: "runtime", name: "version"},
	"process.runtime.description": {context: "runtime", name: "description"},
	"process.pid":                 {context: "process", name: "pid"},
	"process.parent_pid":          {context: "process", name: "parent_pid"},
	"process.command":             {context: "process", name: "command"},
	"process.command_line":        {context: "process", name: "command_line"},
	"process.command_args":        {context: "process", name: "command_args"},
	"process.executable.name":     {context: "process", name: "executable"},
	"process.executable.path":     {context: "process", name: "executable_path"},
	"process.owner":               {context: "process", name: "owner"},

	"thread.id":   {fact: threadID},
	"thread.name": {fact: threadName},

	"code.function.name": {fact: codeFunction},
	"code.function":      {fact: codeFunction},
	"code.namespace":     {fact: codeNamespace},
	"code.file.path":     {fact: codeFile},
	"code.filepath":      {fact: codeFile},
	"code.line.number":   {fact: codeLine},
	"code.lineno":        {fact: codeLine},
	"code.column.number": {fact: codeColumn},
	"code.column":        {fact: codeColumn},
	"code.stacktrace":    {fact: codeStack},
}

func setTemplate(d *draft, v value) { d.template = v.String() }
