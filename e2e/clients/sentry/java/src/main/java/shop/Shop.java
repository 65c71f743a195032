package shop;

import io.sentry.Breadcrumb;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.User;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A shop that goes wrong, watched by io.sentry. */
public final class Shop {
  record Order(int id, String card) {}

  static int chargeCard(Order order) {
    return order.card().length();
  }

  static int placeOrder(Order order) {
    try {
      return chargeCard(order);
    } catch (NullPointerException cause) {
      throw new IllegalStateException("order " + order.id() + " cannot be placed", cause);
    }
  }

  static void pack() {
    IllegalStateException both = new IllegalStateException("both failed");
    both.addSuppressed(new IllegalArgumentException("first member"));
    both.addSuppressed(new ArithmeticException("second member"));
    throw both;
  }

  public static void main(String[] args) throws InterruptedException {
    String dsn = System.getenv("SENTRY_DSN");
    Sentry.init(
        options -> {
          options.setDsn(dsn);
          options.setRelease("shop@1.2.3");
          options.setEnvironment("staging");
          options.setServerName("web-1");
          options.addInAppInclude("shop");
        });
    User user = new User();
    user.setId("7");
    user.setEmail("ada@example.com");
    user.setUsername("ada");
    Sentry.setUser(user);
    Sentry.setTag("shop", "berlin");
    Sentry.configureScope(scope -> scope.setContexts("order", Map.of("id", 4711, "items", List.of("book", "lamp"))));
    Breadcrumb crumb = new Breadcrumb("added a lamp");
    crumb.setCategory("cart");
    crumb.setLevel(SentryLevel.INFO);
    crumb.setData("price", 12);
    Sentry.addBreadcrumb(crumb);
    List<String> ids = new ArrayList<>(); // first order, message, second order, group
    for (int number : new int[] {4711, 4712}) {
      try {
        placeOrder(new Order(number, null));
      } catch (IllegalStateException e) {
        ids.add(Sentry.captureException(e).toString());
      }
      if (number == 4711) {
        ids.add(Sentry.captureMessage("stock is low: 3 left", SentryLevel.WARNING).toString());
      }
    }
    try {
      pack();
    } catch (IllegalStateException e) {
      ids.add(Sentry.captureException(e).toString());
    }
    String version = Sentry.getCurrentScopes().getOptions().getSdkVersion().getVersion();
    System.out.println("{\"ids\": [\"" + String.join("\", \"", ids) + "\"], \"version\": \"" + version + "\"}");
    Sentry.flush(20_000);
    Thread crash = new Thread(() -> { throw new UnsupportedOperationException("nobody caught this"); }, "packer");
    crash.start();
    crash.join();
    Sentry.close();
  }
}
