//! A secret is in no print of a config, and in no message about one.

use super::{CANARY, SOUND, parsed};

#[test]
fn a_config_prints_without_its_secrets() {
    let config = parsed(SOUND).unwrap();
    let printed = format!("{config:?}{config:#?}");
    assert!(printed.contains("[redacted]"));
    assert!(!printed.contains("canary"), "{printed}");
    assert_eq!(config.bootstrap.admin_tokens[0].expose(), CANARY);
}

#[test]
fn a_store_and_a_control_token_print_without_their_secrets() {
    let store = "{postgres: {url: \"${URL:-postgres://bursar:canary@db/bursar}\"}}\n\
                 control: {token: \"${BURSAR_ADMIN_TOKEN}\"}";
    let config = parsed(&SOUND.replace("{sqlite: ./data/bursar.db}", store)).unwrap();
    let printed = format!("{config:?}{config:#?}");
    assert!(printed.contains("Postgres") && printed.contains("Control"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn a_mistake_never_shows_the_secret_it_is_about() {
    for (piece, wrong) in [
        ("\"${OPENAI_API_KEY}\"", "canary"),
        ("\"${OPENAI_API_KEY}\"", "{canary-key: canary}"),
        ("\"${OPENAI_API_KEY}\"", "\"${UNSET:-canary and more}\""),
        ("\"${OPENAI_API_KEY}\"", "\"${canary-canary}\""),
        ("\"${BURSAR_PEPPER}\"", "\"${UNSET:-canary}\""),
        ("\"${JWT_SECRET}\"", "\"${UNSET:-canary}\""),
        ("\"${JWT_SECRET}\"", "canary"),
        ("https://login.example.com/jwks.json", "https://user:canary@login.example.com/jwks.json"),
        ("[\"${BURSAR_ADMIN_TOKEN}\"]", "canary"),
        ("{sqlite: ./data/bursar.db}", "{postgres: {url: \"${UNSET:-canary}\"}}"),
        ("{sqlite: ./data/bursar.db}", "{postgres: {url: \"postgres://u:canary@db/b\"}}"),
        ("threads: 2", "control: {token: \"${UNSET:-canary}\"}"),
        ("https://api.openai.com", "https://user:canary@api.openai.com"),
        ("https://api.openai.com", "\"${BURSAR_PEPPER}\""),
    ] {
        let problems = parsed(&SOUND.replacen(piece, wrong, 1)).unwrap_err();
        let printed = format!("{problems} {problems:?}");
        assert!(!printed.contains("canary"), "{wrong}: {printed}");
    }
}
