// Command go is a program that goes wrong, with OpenTelemetry's SDK for Go. Where it
// sends to, and what it is, it takes from the environment variables of OpenTelemetry.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	spans, records, err := exporters(ctx)
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(records)))
	checkout(ctx, tracers.Tracer("shop"), loggers.Logger("shop"))
	var full log.Record
	full.SetTimestamp(time.Now())
	full.SetSeverity(log.SeverityError)
	full.SetBody(attribute.StringValue("disk sda1 is full"))
	loggers.Logger("shop.disk").Emit(ctx, full)
	var fine log.Record
	fine.SetSeverity(log.SeverityInfo)
	fine.SetBody(attribute.StringValue("all is well"))
	loggers.Logger("shop.disk").Emit(ctx, fine)
	return errors.Join(tracers.Shutdown(ctx), loggers.Shutdown(ctx))
}

func exporters(ctx context.Context) (spans *otlptrace.Exporter, records sdklog.Exporter, err error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		if spans, err = otlptracegrpc.New(ctx); err != nil {
			return nil, nil, err
		}
		records, err = otlploggrpc.New(ctx)
		return spans, records, err
	}
	if spans, err = otlptracehttp.New(ctx); err != nil {
		return nil, nil, err
	}
	records, err = otlploghttp.New(ctx)
	return spans, records, err
}

func checkout(ctx context.Context, tracer trace.Tracer, logger log.Logger) {
	ctx, span := tracer.Start(ctx, "POST /checkout", trace.WithAttributes(attribute.String("user.id", "eve"), attribute.String("cart.size", "3")))
	defer span.End()
	pay(ctx, span, logger)
}

// pay fails, and both the span and a log record tell of it.
func pay(ctx context.Context, span trace.Span, logger log.Logger) {
	err := errors.New("no funds")
	span.RecordError(err, trace.WithStackTrace(true))
	span.SetStatus(codes.Error, err.Error())
	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetSeverity(log.SeverityError)
	r.SetBody(attribute.StringValue("checkout failed"))
	r.SetErr(err)
	logger.Emit(ctx, r)
}
