// A program that goes wrong, with OpenTelemetry's SDK for JavaScript. Where it sends to,
// and what it is, it takes from the environment variables of OpenTelemetry.
import { context, trace, SpanStatusCode } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { defaultResource, detectResources, envDetector } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const kind = { grpc: "grpc", "http/protobuf": "proto", "http/json": "http" }[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`);

const resource = defaultResource().merge(detectResources({ detectors: [envDetector] }));
const spans = new BatchSpanProcessor(new OTLPTraceExporter());
const tracers = new BasicTracerProvider({ resource, spanProcessors: [spans] });
const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })] });

function pay() {
  throw new TypeError("no funds");
}

function checkout(span) {
  const here = trace.setSpan(context.active(), span);
  try {
    pay();
  } catch (error) {
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    loggers.getLogger("shop").emit({
      severityNumber: SeverityNumber.ERROR,
      severityText: "ERROR",
      body: "checkout failed",
      context: here,
      attributes: { "exception.type": error.name, "exception.message": error.message, "exception.stacktrace": error.stack },
    });
  } finally {
    span.end();
  }
}

checkout(tracers.getTracer("shop").startSpan("POST /checkout", { attributes: { "user.id": "eve", "cart.size": "3" } }));
const disk = loggers.getLogger("shop.disk");
disk.emit({ severityNumber: SeverityNumber.ERROR, body: "disk sda1 is full" });
disk.emit({ severityNumber: SeverityNumber.INFO, body: "all is well" });
await tracers.shutdown();
await loggers.shutdown();
