// Command faultline is the whole of Faultline in one binary: the server in all
// its roles, the engine process it starts, and the small tools around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/faultline-dev/faultline/internal/telemetry"
)

// commands is the command line.
type commands struct {
	Serve      serveCommand   `cmd:"" help:"Run Faultline: take events, answer queries, send alerts."`
	Send       sendCommand    `cmd:"" help:"Send events and print the id of each once it is stored."`
	Tail       tailCommand    `cmd:"" help:"Print events as they are stored."`
	Doctor     doctorCommand  `cmd:"" help:"Check each part of an installation and say what to do."`
	Version    versionCommand `cmd:"" help:"Print the version."`
	Clickhouse engineCommand  `cmd:"" hidden:"" help:"Run the embedded engine; started by serve."`
}

// output is where commands write, so that tests can read it.
type output struct {
	out io.Writer
	err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	forgetEmpty()
	os.Exit(run(ctx, os.Args[1:], output{os.Stdout, os.Stderr}))
}

// forgetEmpty makes an empty variable the same as none, because Compose files and
// units pass on variables that nobody has set.
func forgetEmpty() {
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if value == "" && strings.HasPrefix(name, envPrefix+"_") {
			os.Unsetenv(name)
		}
	}
}

// errSilent ends a command with exit code 1 after it has said why.
var errSilent = errors.New("")

// run parses the command line and runs one command. It returns the exit code: 0
// for success, 1 for a failure, 2 for a command line that cannot be understood.
func run(ctx context.Context, args []string, o output) int {
	var c commands
	sections := newSections()
	help := false
	parser, err := kong.New(&c, append(sections.options(),
		kong.Name("faultline"),
		kong.Description("Faultline, the open-source error tracker. Start with `faultline serve`."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Writers(o.out, o.err),
		kong.Exit(func(int) { help = true }),
		kong.DefaultEnvars(envPrefix),
		kong.Configuration(loadConfig),
	)...)
	if err != nil {
		fmt.Fprintln(o.err, "faultline:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if help {
		return 0
	}
	if err != nil {
		fmt.Fprintln(o.err, "faultline:", err)
		return 2
	}
	sections.apply()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(o, sections); err != nil {
		if !errors.Is(err, errSilent) {
			fmt.Fprintln(o.err, "faultline:", err)
		}
		return 1
	}
	return 0
}

type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run(o output) error {
	_, err := fmt.Fprintln(o.out, telemetry.Banner())
	return err
}
