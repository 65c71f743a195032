package shop;

import io.sentry.Sentry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** A shop that only writes its log, which logback hands to Sentry's appender. */
public final class Log {
  static final Logger log = LoggerFactory.getLogger("shop.warehouse");

  static void pick(String item) {
    throw new IllegalArgumentException("no " + item + " on the shelf");
  }

  public static void main(String[] args) {
    MDC.put("aisle", "12");
    log.info("opening the door");
    log.warn("the light flickers");
    for (String item : new String[] {"lamps", "books"}) {
      log.error("stock of {} is low", item);
    }
    try {
      pick("lamp");
    } catch (IllegalArgumentException e) {
      log.error("cannot pick", e);
    }
    Sentry.close();
  }
}
