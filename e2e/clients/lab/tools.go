package lab

import "path/filepath"

// Node is a program for Node.js with what its lock file pins; the folder has
// package.json and package-lock.json.
func Node(name, folder string, files ...string) Program {
	return Program{
		Name: name, Flat: true, Files: append([]string{folder + "/package.json", folder + "/package-lock.json"}, files...),
		Build: [][]string{{"npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"}}, Tool: []string{"node", "--version"},
	}
}

// Python is a program for Python in an environment of its own, with what
// requirements.txt pins; its interpreter is venv/bin/python.
func Python(name, folder string, files ...string) Program {
	return Program{
		Name: name, Flat: true, Files: append([]string{folder + "/requirements.txt"}, files...),
		Build: [][]string{
			{"python3", "-m", "venv", "venv"},
			{"venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"},
		},
		Tool: []string{"python3", "-c", "import sys; print(sys.executable, sys.version)"},
	}
}

// Go is a program in Go, a module of its own; its binary is called program.
func Go(name, folder string, files ...string) Program {
	return Program{
		Name: name, Dir: folder, Files: append([]string{"go.mod", "go.sum"}, files...), Build: [][]string{{"go", "build", "-o", "program", "."}},
		Env: []string{"GOWORK=off", "CGO_ENABLED=0"}, Tool: []string{"go", "version"},
	}
}

// Java is a program for Java that Maven compiles; it and its libraries are in
// target/jars.
func Java(name, folder string, files ...string) Program {
	return Program{
		Name: name, Dir: folder, Files: append([]string{"pom.xml"}, files...),
		Build: [][]string{{"mvn", "-q", "-B", "-ntp", "package"}}, Tool: []string{"java", "--version"},
	}
}

// JVM is the command that runs a class of a program for Java.
func JVM(dir string) []string {
	return []string{"java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", filepath.Join(dir, "target/jars/*")}
}

// Rust is a program in Rust; its binary is target/debug/shop.
func Rust(name, folder string, files ...string) Program {
	return Program{
		Name: name, Dir: folder, Files: append([]string{"Cargo.toml", "Cargo.lock"}, files...),
		Build: [][]string{{"cargo", "build", "--quiet", "--locked"}}, Env: []string{"CARGO_TARGET_DIR=target"}, Tool: []string{"rustc", "--version"},
	}
}

// Bundled is a script for browsers that esbuild bundles with what the lock file pins;
// the bundle is in dist.
func Bundled(name, folder, script string) Program {
	p := Node(name, folder, script)
	p.Build = append(p.Build, []string{"node_modules/.bin/esbuild", script, "--bundle", "--outdir=dist", "--log-level=error"})
	return p
}
