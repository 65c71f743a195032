package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"
)

// mostPings is the least time between pings of a client before it is cut off.
const mostPings = 10 * time.Second

// GRPC are the options that limit a server. streams are the methods, by their full names,
// whose calls may last; it is read from the first call on.
func (g *Guard) GRPC(streams map[string]bool) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: g.cfg.Keepalive, Timeout: g.cfg.KeepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: mostPings, PermitWithoutStream: true}),
		grpc.ConnectionTimeout(g.cfg.HeaderTimeout),
		grpc.MaxHeaderListSize(uint32(g.cfg.HeaderBytes)),
		grpc.InTapHandle(func(ctx context.Context, info *tap.Info) (context.Context, error) {
			if streams[info.FullMethodName] {
				return ctx, nil
			}
			return g.limitCall(ctx), nil
		}),
	}
}

// limitCall ends a call that takes too long, above all one whose request never comes.
func (g *Guard) limitCall(ctx context.Context) context.Context {
	late := fmt.Errorf("the call took longer than %s", SlowCall)
	limited, cancel := context.WithTimeoutCause(ctx, g.cfg.CallTimeout, late)
	context.AfterFunc(limited, func() {
		defer cancel()
		if errors.Is(context.Cause(limited), late) {
			from := ""
			if p, ok := peer.FromContext(ctx); ok {
				from = p.Addr.String()
			}
			g.Held(SlowCall, from)
		}
	})
	return limited
}

// WatchGRPC learns from what grpc-go writes into its log which connections it has closed.
// It says so nowhere else. The log is one for the whole process.
func (g *Guard) WatchGRPC() { grpclog.SetLoggerV2(&grpcLog{g}) }

// grpcLog is a log of grpc-go that keeps only what a limit has done.
type grpcLog struct{ guard *Guard }

func (l *grpcLog) note(text string) {
	switch {
	case strings.Contains(text, "keepalive ping not acked"):
		l.guard.Held(SilentPeer, "")
	case strings.Contains(text, "too many pings"), strings.Contains(text, "too_many_pings"):
		l.guard.Held(ImpatientPeer, "")
	case strings.Contains(text, "handshake"), strings.Contains(text, "preface"):
		l.guard.Held(SlowHeaders, "")
	}
}

// Info implements grpclog.LoggerV2.
func (l *grpcLog) Info(args ...any) { l.note(fmt.Sprint(args...)) }

// Infoln implements grpclog.LoggerV2.
func (l *grpcLog) Infoln(args ...any) { l.note(fmt.Sprint(args...)) }

// Infof implements grpclog.LoggerV2.
func (l *grpcLog) Infof(format string, args ...any) { l.note(fmt.Sprintf(format, args...)) }

// Warning implements grpclog.LoggerV2.
func (l *grpcLog) Warning(args ...any) { l.note(fmt.Sprint(args...)) }

// Warningln implements grpclog.LoggerV2.
func (l *grpcLog) Warningln(args ...any) { l.note(fmt.Sprint(args...)) }

// Warningf implements grpclog.LoggerV2.
func (l *grpcLog) Warningf(format string, args ...any) { l.note(fmt.Sprintf(format, args...)) }

// Error implements grpclog.LoggerV2.
func (l *grpcLog) Error(args ...any) { l.note(fmt.Sprint(args...)) }

// Errorln implements grpclog.LoggerV2.
func (l *grpcLog) Errorln(args ...any) { l.note(fmt.Sprint(args...)) }

// Errorf implements grpclog.LoggerV2.
func (l *grpcLog) Errorf(format string, args ...any) { l.note(fmt.Sprintf(format, args...)) }

// Fatal implements grpclog.LoggerV2.
func (l *grpcLog) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// Fatalln implements grpclog.LoggerV2.
func (l *grpcLog) Fatalln(args ...any) { panic(fmt.Sprint(args...)) }

// Fatalf implements grpclog.LoggerV2.
func (l *grpcLog) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// V is true where connections that are closed are told of.
func (l *grpcLog) V(level int) bool { return level <= 2 }
