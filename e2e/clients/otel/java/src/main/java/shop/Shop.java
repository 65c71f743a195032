package shop;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.concurrent.TimeUnit;

/**
 * A program that goes wrong, with OpenTelemetry's SDK for Java. Where it sends to, and what it is,
 * it takes from the environment variables of OpenTelemetry.
 */
public final class Shop {
  static int pay(int amount) {
    try {
      return amount / (amount - 7);
    } catch (ArithmeticException cause) {
      throw new IllegalStateException("no funds", cause);
    }
  }

  static void checkout(Span span, Logger log) {
    try (Scope ignored = span.makeCurrent()) {
      pay(7);
    } catch (IllegalStateException e) {
      span.recordException(e);
      span.setStatus(StatusCode.ERROR, e.getMessage());
      try (Scope ignored = span.makeCurrent()) {
        log.logRecordBuilder().setSeverity(Severity.ERROR).setBody("checkout failed").setException(e).emit();
      }
    } finally {
      span.end();
    }
  }

  public static void main(String[] args) {
    OpenTelemetrySdk sdk = AutoConfiguredOpenTelemetrySdk.builder().disableShutdownHook().build().getOpenTelemetrySdk();
    Span span =
        sdk.getTracer("shop").spanBuilder("POST /checkout")
            .setAttribute("user.id", "eve")
            .setAttribute(AttributeKey.stringKey("cart.size"), "3")
            .startSpan();
    checkout(span, sdk.getLogsBridge().get("shop"));
    Logger disk = sdk.getLogsBridge().get("shop.disk");
    disk.logRecordBuilder().setSeverity(Severity.ERROR).setBody("disk sda1 is full").emit();
    disk.logRecordBuilder().setSeverity(Severity.INFO).setBody("all is well").emit();
    sdk.getMeterProvider().get("shop").counterBuilder("orders").build().add(1);
    sdk.getSdkTracerProvider().forceFlush().join(10, TimeUnit.SECONDS);
    sdk.shutdown().join(20, TimeUnit.SECONDS);
  }
}
