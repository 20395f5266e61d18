//! A sound config, as those who use it find it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger::{Credits, Per, Rate, Tool, Unit, Usage};

use super::{CANARY, SOUND, parsed};
use crate::{
    Bounds, Config, Dialect, Durability, Meter, Policies, Purpose, RouteBounds, StoreAddress,
    Timeouts,
};

fn sound() -> Config {
    parsed(SOUND).unwrap()
}

fn route(config: &Config, method: &str, path: &str) -> Option<String> {
    let found = config.runtime.route(method, path)?;
    Some(format!("{} {} {}", found.provider.name, found.route.path, found.upstream_path))
}

#[test]
fn a_request_finds_its_route_by_prefix_method_and_path() {
    let config = sound();
    for (method, path, expected) in [
        ("POST", "/openai/v1/chat/completions", "openai /v1/chat/completions /v1/chat/completions"),
        ("GET", "/openai/v1/models/gpt", "openai /v1/models/{model} /v1/models/gpt"),
        ("GET", "/openai/v1/models/all", "openai /v1/models/all /v1/models/all"),
        ("POST", "/anthropic/v1/messages", "anthropic /v1/messages /v1/messages"),
    ] {
        assert_eq!(route(&config, method, path).as_deref(), Some(expected), "{method} {path}");
    }
    for (method, path) in [
        ("GET", "/openai/v1/chat/completions"),
        ("post", "/openai/v1/chat/completions"),
        ("POST", "/openai/v1/chat/completions/"),
        ("POST", "/openai//v1/chat/completions"),
        ("POST", "/anthropic/v1/chat/completions"),
        ("POST", "/openaiv1/chat/completions"),
        ("POST", "/OpenAI/v1/chat/completions"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/openai"),
        ("GET", "/"),
        ("GET", ""),
        ("OPTIONS", "*"),
    ] {
        assert_eq!(route(&config, method, path), None, "{method} {path}");
    }
}

#[test]
fn an_unknown_route_is_still_below_a_provider() {
    let config = sound();
    let name = |path| config.runtime.provider_of(path).map(|provider| &*provider.name);
    assert_eq!(name("/openai/v1/nothing"), Some("openai"));
    assert_eq!(name("/openai"), Some("openai"));
    assert_eq!(name("/openai-eu/v1"), None);
    assert_eq!(name("/bursar/v1/balance"), None);
    assert_eq!(name("é/"), None);
}

#[test]
fn a_route_is_a_tool_and_a_meter_or_neither() {
    let config = sound();
    let purpose = |method, path| config.runtime.route(method, path).unwrap().route.purpose.clone();
    let (tool, meter) = (Tool::new("chatbot"), Meter::OpenAiChat);
    assert_eq!(purpose("POST", "/openai/v1/chat/completions"), Purpose::Tool { tool, meter });
    assert_eq!(purpose("GET", "/openai/v1/models/x"), Purpose::NoTool);
}

#[test]
fn a_price_for_the_tool_goes_before_one_for_every_tool() {
    let book = sound().runtime.price_book;
    let input = |tool, model| {
        let price = book.find("openai", &Tool::new(tool), model)?;
        price.price.rate(Unit::InputToken).map(|rate| rate.credits.to_string())
    };
    assert_eq!(&*book.version, "1");
    assert_eq!(input("knowledge-base", "gpt").as_deref(), Some("1"));
    assert_eq!(input("chatbot", "gpt").as_deref(), Some("2.5"));
    assert_eq!(input("chatbot", "gpt-2"), None);
    assert_eq!(book.find("anthropic", &Tool::new("chatbot"), "gpt"), None);
}

#[test]
fn what_follows_from_a_price_is_written_down_and_the_rest_is_unpriced() {
    let book = sound().runtime.price_book;
    let price = |provider, model| &book.find(provider, &Tool::new("chatbot"), model).unwrap().price;
    let million = |credits: &str| Rate { credits: credits.parse().unwrap(), per: Per::Million };
    let gpt = price("openai", "gpt");
    assert_eq!(Unit::INPUT.map(|unit| gpt.rate(unit)), [Some(million("2.5")); 4]);
    assert_eq!(gpt.rate(Unit::OutputToken), Some(million("10")));
    assert_eq!(gpt.rate(Unit::Image), None);

    let everything =
        Unit::ALL.into_iter().fold(Usage::default(), |usage, unit| usage.with(unit, 1));
    assert_eq!(price("anthropic", "flat").cost(&everything), Ok("1".parse().unwrap()));
    assert_eq!(price("anthropic", "free").cost(&everything), Ok(Credits::ZERO));
}

#[test]
fn cache_rates_stand_on_their_own_and_an_hour_costs_as_other_writes() {
    let rates = "input_per_million_tokens: \"4\", cached_input_per_million_tokens: \"1\", \
                 cache_write_per_million_tokens: \"5\", output_per_million_tokens: \"20\"";
    let config = parsed(&SOUND.replace("per_request: \"1\"", rates)).unwrap();
    let book = config.runtime.price_book;
    let price = &book.find("anthropic", &Tool::new("chatbot"), "flat").unwrap().price;
    let credits = Unit::INPUT.map(|unit| price.rate(unit).unwrap().credits.to_string());
    assert_eq!(credits, ["4", "1", "5", "5"]);
    assert_eq!(price.rate(Unit::Request).unwrap().credits, Credits::ZERO);
}

#[test]
fn what_is_written_counts_and_what_is_not_has_its_default() {
    let Config { bootstrap, runtime, .. } = sound();
    assert_eq!(bootstrap.data_dir, PathBuf::from("/etc/bursar/./data"));
    assert_eq!(bootstrap.threads, 2);
    assert_eq!(bootstrap.peppers.versions[&1].expose(), CANARY);
    assert_eq!(bootstrap.admin_tokens[0].expose(), CANARY);
    let expected =
        Bounds { hold_wait: Duration::from_secs(3), header_bytes: 16 * 1024, ..Bounds::default() };
    assert_eq!(runtime.bounds, expected);

    let openai = &runtime.providers[1];
    assert_eq!(openai.dialect, Dialect::OpenAi);
    assert_eq!(openai.credential.as_ref().unwrap().expose(), CANARY);
    let expected = Timeouts { connect: Duration::from_secs(3), ..Timeouts::default() };
    assert_eq!(openai.timeouts, expected);
    let models = runtime.route("GET", "/openai/v1/models/all").unwrap().route.bounds;
    assert_eq!(models, RouteBounds { body: 1024, ..RouteBounds::default() });
}

#[test]
fn the_journal_is_kept_as_is_written() {
    let text = format!("{SOUND}durability: relaxed\njournal_bytes: 1GiB\n");
    let bootstrap = parsed(&text).unwrap().bootstrap;
    assert_eq!((bootstrap.durability, bootstrap.journal_bytes), (Durability::Relaxed, 1 << 30));
}

/// A config whose store is a Postgres that it says so much of.
fn sharing(more: &str, control: &str) -> Config {
    let url = "${URL:-postgresql://bursar:canary@db.internal/bursar?sslmode=verify-full}";
    let postgres = format!("{{postgres: {{url: \"{url}\"{more}}}}}\ncontrol: {control}");
    parsed(&SOUND.replace("{sqlite: ./data/bursar.db}", &postgres)).unwrap()
}

#[test]
fn gateways_that_share_a_store_say_how_it_is_used_and_how_they_are_reached() {
    let control = "{token: \"${BURSAR_ADMIN_TOKEN}\", advertise: \"[fd00::5]:9464\"}";
    let more = ", connections: 40, timeouts: {statement: 2s}";
    let bootstrap = sharing(more, control).bootstrap;
    let StoreAddress::Postgres(postgres) = bootstrap.store else { panic!("{:?}", bootstrap.store) };
    assert!(postgres.url.expose().ends_with("sslmode=verify-full"));
    let times = (postgres.connect, postgres.statement);
    assert_eq!(times, (Duration::from_secs(5), Duration::from_secs(2)));
    assert_eq!(postgres.connections, 40);
    let control = bootstrap.control.unwrap();
    assert_eq!(control.token.expose(), CANARY);
    assert_eq!(control.advertise.as_deref(), Some("[fd00::5]:9464"));
}

#[test]
fn where_the_operations_listener_is_reached_need_not_be_said() {
    let bootstrap = sharing("", "{token: \"${BURSAR_ADMIN_TOKEN}\"}").bootstrap;
    assert_eq!(bootstrap.control.unwrap().advertise, None);
}

#[test]
fn streams_of_a_revoked_key_go_on_only_if_that_is_said() {
    let told = format!("{SOUND}policies: {{cut_revoked_streams: false}}\n");
    let policies = [SOUND, &told].map(|text| parsed(text).unwrap().runtime.policies);
    assert_eq!(policies, [true, false].map(|cut| Policies { cut_revoked_streams: cut }));
}

#[test]
fn a_config_without_the_optional_has_the_defaults() {
    let text = SOUND.lines().filter(|line| {
        !["listen", "data_dir", "store", "threads", "bounds"].iter().any(|f| line.starts_with(f))
    });
    let Config { bootstrap, runtime, .. } = parsed(&text.collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(bootstrap.listen, crate::Listen::default());
    assert_eq!(bootstrap.tls, None);
    assert!(bootstrap.control.is_none());
    let StoreAddress::Sqlite(file) = bootstrap.store else { panic!("{:?}", bootstrap.store) };
    assert_eq!(file, Path::new("/etc/bursar/data/bursar.db"));
    assert_eq!((bootstrap.durability, bootstrap.journal_bytes), (Durability::Strict, 4 << 30));
    assert!(bootstrap.threads >= 1);
    assert_eq!(runtime.bounds, Bounds::default());
}
