package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// carrier reports whether a frame only carries a call from one place to another:
// generated proxies, reflection, schedulers, what raises a panic. Such frames
// come and go with versions and settings of the runtime, so they never contribute
// while anything else does.
func carrier(fam family, f *event.Frame) bool {
	switch fam {
	case familyGo:
		return goCarrier(f)
	case familyJVM:
		return jvmCarrier(f)
	case familyJavaScript:
		return scriptCarrier(f)
	case familyPython:
		return pythonCarrier(f)
	case familyDotNet:
		return prefixed(f.Module, "System.Threading.", "System.Runtime.CompilerServices.", "System.Runtime.ExceptionServices.") ||
			prefixed(f.Function, "lambda_method", "System.Runtime.CompilerServices.", "System.Runtime.ExceptionServices.", "System.Threading.")
	case familyRuby:
		return prefixed(f.Filename, "<internal:") || prefixed(f.AbsPath, "<internal:")
	case familyPHP:
		return f.Filename == "[internal]" && (f.Function == "" || strings.HasSuffix(f.Function, "{closure}")) ||
			prefixed(f.Function, `Proxies\__CG__\`) // of Doctrine
	case familyRust:
		return rustCarrier(f.Function)
	case familyNative:
		return nativeCarrier(f.Function) || prefixed(f.Function, "_dispatch_", "CFRunLoop", "__CFRunLoop", "__CFRUNLOOP", "GSEventRun", "UIApplicationMain", "Tpp", "RtlpTp", "_pthread_", "reabstraction thunk")
	case familyBeam:
		return f.Module == "proc_lib" || f.Module == ":proc_lib"
	}
	return false
}

// wrapper reports whether a frame of the program is what a decorator or a macro put around
// a function. It does not count unless it is the one that failed.
func wrapper(fam family, f *event.Frame) bool {
	switch fam {
	case familyPython:
		return pythonWrapper(f.Function)
	case familyBeam: // what Phoenix puts into each controller
		return f.Function == "action/2" || f.Function == "phoenix_controller_pipeline/2"
	}
	return false
}

func goCarrier(f *event.Frame) bool {
	if f.Module == "runtime" || f.Module == "" && f.Function == "panic" {
		return prefixed(f.Function, "gopanic", "panic", "goPanic", "sigpanic", "goexit", "main", "call", "throw", "fatal", "deferproc", "Goexit")
	}
	return f.Module == "testing" && f.Function == "tRunner" || prefixed(f.Module, "github.com/getsentry/sentry-go", "github.com/faultline-dev/faultline/sdk-go")
}

func jvmCarrier(f *event.Frame) bool {
	if rest, ok := strings.CutPrefix(f.Function, "access$"); ok && isDigits(rest) { // of javac, to what is private
		return true
	}
	m := f.Module
	if i := strings.IndexByte(m, '/'); i >= 0 && !strings.Contains(m, "Lambda") {
		m = m[i+1:]
	}
	if prefixed(m, "jdk.internal.reflect.", "java.lang.reflect.", "sun.reflect.", "java.lang.invoke.", "jdk.proxy", "com.sun.proxy.", "_COROUTINE.", "kotlin.coroutines.", "kotlinx.coroutines.", "net.bytebuddy.",
		"java.util.concurrent.", "java.lang.VirtualThread", "jdk.internal.vm.", "java.util.TimerThread", "android.os.Looper", "android.os.Handler", "android.app.ActivityThread", "com.android.internal.os.", "dalvik.system.NativeStart") || m == "java.lang.Thread" {
		return true
	}
	for _, mark := range [...]string{"_ClientProxy", "_Subclass", "_Bean"} { // Quarkus
		if i := strings.Index(m, mark); i > 0 && (i+len(mark) == len(m) || m[i+len(mark)] == '$') {
			return true
		}
	}
	if strings.IndexByte(m, '$') < 0 {
		return false
	}
	for _, mark := range [...]string{"$$Lambda", "$$EnhancerBy", "$$FastClass", "$$SpringCGLIB", "$Proxy", "$HibernateProxy$", "_$$_", "$MockitoMock$", "$ByteBuddy$", "$auxiliary$", "$$ExternalSynthetic", "LambdaForm$"} {
		if strings.Contains(m, mark) {
			return true
		}
	}
	return false
}

func scriptCarrier(f *event.Frame) bool {
	path := f.Filename
	if path == "" {
		path = f.AbsPath
	}
	switch path {
	case "<anonymous>", "native", "[native code]", "native code", "eval code":
		return true
	}
	if prefixed(path, "node:internal/", "internal/", "chrome-extension:", "moz-extension:", "safari-extension:", "safari-web-extension:") {
		return true
	}
	name := strings.TrimPrefix(f.Function, "async ")
	switch name {
	case "processTicksAndRejections", "runMicrotasks", "new Promise", "Promise", "__awaiter", "__generator", "asyncGeneratorStep", "tryCatch",
		"fulfilled", "rejected", "_next", "_throw", "Generator.next", "Generator.throw", "Generator._invoke", "Generator.<anonymous>", "sentryWrapped", "HTMLDocument.sentryWrapped", "Object.sentryWrapped":
		return true
	}
	return prefixed(name, "Promise.all", "Promise.any", "Promise.race", "Function.all", "Promise.then")
}

func pythonCarrier(f *event.Frame) bool {
	switch f.Function {
	case "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>":
		return true
	}
	for _, comp := range [...]string{".<listcomp>", ".<dictcomp>", ".<setcomp>", ".<genexpr>"} {
		if strings.HasSuffix(f.Function, comp) {
			return true
		}
	}
	switch f.Module {
	case "asyncio", "threading", "runpy", "contextlib", "functools", "contextvars":
		return true
	}
	return prefixed(f.Module, "asyncio.", "concurrent.futures", "sentry_sdk.", "importlib.") || prefixed(f.Filename, "<frozen ")
}

func rustCarrier(name string) bool {
	name = strings.TrimLeft(name, "<&")
	switch name {
	case "unknown>", "rust_begin_unwind", "_start", "start_thread", "clone", "clone3", "__clone3", "__libc_start_main", "__libc_start_call_main", "main":
		return true
	}
	return prefixed(name, "core::panicking::", "std::panicking::", "std::panic::", "std::rt::", "std::sys::", "std::sys_common::", "std::thread::", "__rust_", "__rustc::",
		"core::ops::function::", "core::result::unwrap_failed", "core::option::unwrap_failed", "core::option::expect_failed", "backtrace::", "sentry", "tokio::runtime::",
		"core::panic::", "alloc::boxed::")
}

func nativeCarrier(name string) bool {
	switch name {
	case "abort", "raise", "gsignal", "__pthread_kill", "pthread_kill", "__cxa_throw", "__cxa_rethrow", "_Unwind_RaiseException", "std::terminate", "std::__terminate", "std::terminate()",
		"objc_exception_throw", "objc_exception_rethrow", "__exceptionPreprocess", "start_thread", "_pthread_start", "thread_start", "clone", "__clone", "__clone3", "_start",
		"__libc_start_main", "__libc_start_call_main", "__start_thread", "__pthread_start", "BaseThreadInitThunk", "RtlUserThreadStart", "_RtlUserThreadStart", "invoke_main", "__scrt_common_main_seh",
		"RaiseException", "_CxxThrowException", "__assert_rtn", "__assert_fail", "_assertionFailure", "__abort_message", "__restore_rt", "_sigtramp", "KiUserExceptionDispatcher":
		return true
	}
	return false
}

func prefixed(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
