package normalize

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// decideInApp answers for every frame whose sender did not: is it the program's
// own code? The answer goes by where each language keeps what is not.
func decideInApp(e *event.Event) {
	for i := range e.Exceptions {
		if s := &e.Exceptions[i].Stack; s.Shared == 0 {
			decideStack(e.Platform, s.Frames)
		}
	}
	for i := range e.Threads {
		if s := &e.Threads[i].Stack; s.Shared == 0 {
			decideStack(e.Platform, s.Frames)
		}
	}
}

func decideStack(platform string, frames []event.Frame) {
	for i := range frames {
		f := &frames[i]
		p := platform
		if f.Platform != "" {
			p = f.Platform
		}
		switch {
		case f.InApp == event.InAppUnknown:
			f.InApp = event.InAppYes
			if library(p, f) {
				f.InApp = event.InAppNo
			}
		case f.InApp == event.InAppYes && (p == "javascript" || p == "node") && (strings.Contains(framePath(f), "node_modules/") || f.Line == 0 && engine(f)):
			// A browser's SDK takes everything for the program's own.
			f.InApp = event.InAppNo
		}
	}
}

// engine reports whether a frame is the JavaScript engine's, as that of Array.reduce.
func engine(f *event.Frame) bool {
	path := framePath(f)
	return path == "<anonymous>" || path == "native" || path == "[native code]"
}

func framePath(f *event.Frame) string {
	if f.AbsPath != "" {
		return f.AbsPath
	}
	return f.Filename
}

// library reports whether a frame belongs to the language or to a dependency.
func library(platform string, f *event.Frame) bool {
	path := framePath(f)
	switch platform {
	case "go":
		return containsAny(path, "/vendor/", "/pkg/mod/", "@v", "/go/src/") || goStandard(f.Module)
	case "python":
		return containsAny(path, "/site-packages/", "/dist-packages/", "/lib/python", `\Lib\`, `\site-packages\`, "<frozen ")
	case "javascript", "node":
		return scriptLibrary(path, f)
	case "java", "groovy":
		return hasAnyPrefix(f.Module[strings.LastIndexByte(f.Module, '/')+1:], javaLibraries...) || strings.HasPrefix(f.Module, "java.")
	case "csharp":
		return hasAnyPrefix(f.Module, dotNetLibraries...) || f.Module == "" && hasAnyPrefix(f.Function, dotNetLibraries...)
	case "ruby":
		return containsAny(path, "/gems/", "/lib/ruby/", "<internal:", "/bundler/")
	case "php":
		return strings.Contains(path, "/vendor/") || strings.HasPrefix(path, "vendor/") || path == "[internal]"
	case "rust":
		return containsAny(path, "/rustc/", "/.cargo/registry/", "/.cargo/git/", "library/std/src", "library/core/src") ||
			hasAnyPrefix(strings.TrimLeft(f.Function, "_<&"), rustLibraries...) || nativeFunctions[f.Function] || path == "" && f.Function == "<unknown>"
	case "elixir":
		return hasAnyPrefix(path, "deps/", "/deps/") || strings.Contains(path, "/deps/") ||
			beamLibrary(strings.TrimPrefix(strings.TrimPrefix(f.Module, "Elixir."), ":"))
	case "native", "c", "cocoa", "objc":
		return hasAnyPrefix(f.Package, "/usr/lib", "/lib", "/System/", "/usr/libexec", "/apex/", "/system/", `C:\Windows\`, `C:\WINDOWS\`) || nativeLibrary(f)
	case "dart":
		return hasAnyPrefix(path, "dart:", "package:flutter/", "org-dartlang-sdk:")
	}
	return false
}

// scriptLibrary reports whether a script is a package's, an engine's, a bundler's,
// or that of an extension or a public CDN.
func scriptLibrary(path string, f *event.Frame) bool {
	switch path {
	case "<anonymous>", "native", "[native code]":
		return true
	}
	return containsAny(path, "node_modules/", "/webpack/bootstrap", "webpack/runtime/", "(webpack)", "/~/", "-extension://", "//cdn.jsdelivr.net/", "//unpkg.com/", "//cdnjs.cloudflare.com/", "//www.googletagmanager.com/") ||
		hasAnyPrefix(path, "node:", "internal/", "bun:", "ext:", "webpack:///webpack/", "webpack:///external") ||
		f.Filename == "<anonymous>" || nodeFiles[path]
}

// beamLibrary reports whether a module belongs to Elixir, Erlang or a common package.
func beamLibrary(module string) bool {
	first, _, _ := strings.Cut(module, ".")
	return beamLibraries[first] || hasAnyPrefix(module, "gen_", "cowboy", "ranch", "erl_", "supervisor")
}

// nativeLibrary reports whether a function belongs to a system, to the library of a
// language, or is one in which every thread begins or every crash ends.
func nativeLibrary(f *event.Frame) bool {
	image := f.Package[strings.LastIndexAny(f.Package, `/\`)+1:]
	return nativeImages[image] || hasAnyPrefix(image, "libsystem_", "libswift", "libc.so", "libpthread", "ld-linux", "libstdc++", "libc++", "libart.so", "ntdll", "kernel32", "KERNELBASE", "ucrtbase", "vcruntime", "msvcp") ||
		nativeFunctions[f.Function] || hasAnyPrefix(f.Function, nativePrefixes...)
}

func containsAny(s string, subs ...string) bool {
	for _, sub := range subs {
		if strings.Contains(s, sub) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
