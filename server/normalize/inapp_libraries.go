package normalize

import "strings"

// The names under which languages and common packages keep their code. A package
// that is missing here counts as the program's own until a stack-trace rule says otherwise.

var javaLibraries = []string{
	"java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.", "clojure.", "android.", "androidx.", "com.android.", "dalvik.", "libcore.", "_COROUTINE.",
	"org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.", "org.jboss.", "org.glassfish.", "org.aspectj.", "org.slf4j.", "org.postgresql.", "org.junit.", "org.mockito.", "org.quartz.",
	"org.elasticsearch.", "org.redisson.", "org.codehaus.", "org.thymeleaf.", "org.gradle.", "org.reactivestreams.", "org.jooq.", "org.flywaydb.", "org.mongodb.", "org.xnio.", "org.jetbrains.",
	"io.netty.", "io.grpc.", "io.undertow.", "io.micrometer.", "io.opentelemetry.", "io.sentry.", "io.reactivex.", "io.ktor.", "io.lettuce.", "io.vertx.", "io.quarkus.", "io.micronaut.", "io.helidon.", "io.smallrye.", "io.r2dbc.", "io.flutter.",
	"com.google.common.", "com.google.inject.", "com.google.gson.", "com.google.protobuf.", "com.google.firebase.", "com.google.android.", "com.fasterxml.", "com.zaxxer.", "com.mysql.", "com.mongodb.", "com.netflix.", "com.amazonaws.",
	"com.facebook.react.", "com.squareup.", "com.github.benmanes.", "ch.qos.", "software.amazon.", "redis.clients.", "reactor.", "rx.", "okhttp3.", "okio.", "retrofit2.", "feign.", "freemarker.", "akka.", "play.", "net.bytebuddy.", "net.sf.", "dagger.",
}

var dotNetLibraries = []string{
	"System.", "Microsoft.", "Newtonsoft.", "Npgsql.", "MySql.", "MySqlConnector.", "Serilog.", "NLog.", "Polly.", "AutoMapper.", "MediatR.", "Dapper.", "StackExchange.", "Hangfire.", "Quartz.", "RabbitMQ.", "MassTransit.",
	"Grpc.", "Google.", "Amazon.", "Azure.", "UnityEngine.", "UnityEditor.", "Mono.", "Sentry.", "Castle.", "Autofac.", "FluentValidation.", "lambda_method",
}

var rustLibraries = []string{
	"std::", "core::", "alloc::", "tokio::", "hyper::", "hyper_util::", "tower::", "tower_http::", "axum::", "axum_core::", "actix_", "actix::", "futures_", "futures::", "serde::", "serde_json::", "reqwest::", "h2::", "tracing::", "tracing_",
	"rayon::", "rayon_core::", "sqlx::", "sqlx_", "diesel::", "anyhow::", "sentry", "test::", "backtrace::", "rust_", "rustc::", "rocket::", "warp::", "tonic::", "crossbeam_", "__rust_", "mio::", "want::",
}

var beamLibraries = names(`Enum List Map MapSet Keyword String Integer Float Kernel Access Agent Application Code Date DateTime Exception File Function GenServer GenStage GenEvent IO Inspect Module Path Process Protocol
	Range Regex Registry Stream Supervisor System Task Time Tuple URI Version Plug Phoenix Ecto DBConnection Bandit ThousandIsland Jason Tesla Finch Mint Postgrex MyXQL Oban Broadway Absinthe Logger Mix ExUnit Telemetry Sentry
	erlang lists maps ets proc_lib timer application code elixir logger binary io file ssl httpc telemetry poolboy hackney`)

var nativeImages = names(`UIKit UIKitCore CoreFoundation Foundation GraphicsServices QuartzCore SwiftUI AttributeGraph CFNetwork AppKit HIToolbox CoreData CoreGraphics Metal WebKit JavaScriptCore
	libdispatch.dylib libobjc.A.dylib libdyld.dylib dyld libsystem_kernel.dylib libc++abi.dylib`)

var nativeFunctions = names(`_start start start_thread _pthread_start thread_start __libc_start_main __libc_start_call_main clone clone3 abort raise gsignal __pthread_kill pthread_kill syscall
	BaseThreadInitThunk RtlUserThreadStart __cxa_throw objc_exception_throw __exceptionPreprocess _CxxThrowException RaiseException UIApplicationMain NSApplicationMain wWinMainCRTStartup invoke_main`)

var nativePrefixes = []string{
	"std::", "boost::", "__gnu_cxx::", "__cxxabiv1::", "art::", "tokio", "futures::", "core::", "alloc::", "_dispatch_", "__CF", "CFRunLoop", "CFRelease", "_CF", "GSEvent", "-[UI", "+[UI", "-[NS", "+[NS", "-[CA", "-[__NS",
	"__NS", "_NS", "objc_", "swift_", "__swift_", "_swift_", "Rtl", "Tpp", "Ki", "Ldr", "Nt", "Zw", "_pthread_", "pthread_", "malloc_", "szone_", "je_", "__libc_", "___rust_", "__rust_", "block_destroy_helper",
}

// nodeFiles are the files of Node itself, as versions before 16 name them.
var nodeFiles = names(`_http_agent.js _http_client.js _http_incoming.js _http_outgoing.js _http_server.js _stream_readable.js _stream_writable.js _tls_wrap.js assert.js buffer.js child_process.js cluster.js
	dgram.js dns.js domain.js events.js fs.js http.js https.js module.js net.js readline.js stream.js timers.js tls.js url.js util.js vm.js zlib.js`)

// goRoots are the first path elements of the standard library's packages.
var goRoots = names(`archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net
	os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak`)

func names(list string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		m[name] = true
	}
	return m
}

// goStandard reports whether a package is of the standard library: its first
// path element has no dot, and it is not the program's main package.
func goStandard(module string) bool {
	if module == "" || module == "main" {
		return false
	}
	first, _, _ := strings.Cut(module, "/")
	return !strings.Contains(first, ".") && goRoots[first]
}
