"""A program that goes wrong, with OpenTelemetry's SDK for Python.

Where it sends to, and what it is, it takes from the environment variables of OpenTelemetry.
"""

import logging
import os

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

log = logging.getLogger("shop")


def pay(amount):
    raise ValueError("no funds")


def checkout():
    try:
        pay(7)
    except ValueError:
        log.exception("checkout failed")
        raise


def main():
    tracers = TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    loggers = LoggerProvider()
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logging.getLogger().addHandler(LoggingHandler(logger_provider=loggers))
    logging.getLogger().setLevel(logging.INFO)
    try:
        with tracers.get_tracer("shop").start_as_current_span("POST /checkout", attributes={"user.id": "eve", "cart.size": "3"}):
            checkout()
    except ValueError:
        pass
    logging.getLogger("shop.disk").error("disk %s is full", "sda1")
    logging.getLogger("shop.disk").info("all is well")
    tracers.shutdown()
    loggers.shutdown()


main()
