//! A shop that goes wrong, watched by the sentry crate.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use sentry::protocol::{Context, Map, Value};
use sentry::{Breadcrumb, Level, User};

#[derive(Debug)]
struct NoCard;

impl fmt::Display for NoCard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the card is missing")
    }
}

impl Error for NoCard {}

#[derive(Debug)]
struct OrderError {
    number: u32,
    source: NoCard,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "order {} cannot be placed", self.number)
    }
}

impl Error for OrderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

fn place_order(number: u32) -> Result<(), OrderError> {
    Err(OrderError { number, source: NoCard })
}

#[inline(never)]
fn empty_the_shelf(shelf: &[u32], at: usize) -> u32 {
    shelf[at]
}

fn main() {
    let guard = sentry::init((
        std::env::var("SENTRY_DSN").expect("SENTRY_DSN"),
        sentry::ClientOptions::new()
            .release("shop@1.2.3")
            .environment("staging")
            .server_name("web-1")
            .in_app_include(["shop"]),
    ));
    sentry::configure_scope(|scope| {
        scope.set_user(Some(User {
            id: Some("7".into()),
            email: Some("ada@example.com".into()),
            username: Some("ada".into()),
            ..Default::default()
        }));
        scope.set_tag("shop", "berlin");
        let order = Map::from([("id".to_string(), Value::from(4711))]);
        scope.set_context("order", Context::Other(order));
    });
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("cart".into()),
        message: Some("added a lamp".into()),
        data: Map::from([("price".to_string(), Value::from(12))]),
        ..Default::default()
    });
    let mut ids = Vec::new(); // first order, message, second order
    for number in [4711, 4712] {
        if let Err(error) = place_order(number) {
            ids.push(sentry::capture_error(&error).to_string());
        }
        if number == 4711 {
            ids.push(sentry::capture_message("stock is low: 3 left", Level::Warning).to_string());
        }
    }
    let hub = sentry::Hub::current();
    let crashed = std::thread::spawn(move || sentry::Hub::run(hub, || empty_the_shelf(&[1, 2], 7)));
    assert!(crashed.join().is_err());
    let version = guard.options().user_agent.rsplit('/').next().unwrap_or_default().to_string();
    println!("{}", serde_json::json!({"ids": ids, "version": version}));
    if !guard.flush(Some(Duration::from_secs(20))) {
        std::process::exit(1);
    }
}
