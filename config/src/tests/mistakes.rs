//! Every kind of mistake is told with its line, its place and what to do; and all of them at once.

use std::path::Path;

use serde_json::Value;

use super::{SOUND, environment, parsed};
use crate::{Config, schema};

#[test]
fn the_sound_config_is_sound() {
    assert!(parsed(SOUND).is_ok(), "{}", parsed(SOUND).unwrap_err());
}

#[test]
fn every_mistake_is_told_where_it_stands() {
    for (piece, replacement, expected) in cases() {
        assert!(SOUND.contains(&piece), "{piece}");
        match parsed(&SOUND.replacen(&piece, &replacement, 1)) {
            Ok(_) => panic!("no mistake: {replacement}"),
            Err(problems) => assert_eq!(problems.to_string(), expected, "{replacement}"),
        }
    }
}

/// The cases of `mistakes.txt`: a piece, what is put in its place, and what is said then.
fn cases() -> Vec<(String, String, String)> {
    let mut cases: Vec<(String, String, String)> = Vec::new();
    for line in include_str!("mistakes.txt").lines().filter(|line| !line.starts_with('#')) {
        let unescaped = |text: &str| text.replace("\\n", "\n");
        match (line.split_once(' '), cases.last_mut()) {
            (Some(("-", piece)), _) => cases.push((unescaped(piece), String::new(), String::new())),
            (Some(("+", replacement)), Some(case)) => case.1 = unescaped(replacement),
            (None, _) if line.is_empty() || line == "+" => {}
            (_, Some(case)) => {
                let newline = if case.2.is_empty() { "" } else { "\n" };
                case.2 += &format!("{newline}{line}");
            }
            (_, None) => panic!("no case yet: {line}"),
        }
    }
    cases
}

#[test]
fn no_level_of_the_file_takes_a_field_it_does_not_know() {
    let schema = schema();
    let levels = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let levels: Vec<_> = levels.filter(|level| level.get("properties").is_some()).collect();
    assert!(levels.len() > 10);
    for level in levels {
        assert_eq!(level["additionalProperties"], Value::Bool(false), "{level}");
    }
}

#[test]
fn what_is_not_yaml_is_one_problem() {
    for (text, expected) in [
        ("a: [", "f:1: is not YAML: unclosed bracket '[' at line 1, column 4"),
        ("a: 1\nb: *x", "f:2: is not YAML: alias references unknown anchor at line 2, column 4"),
        ("", "f:1: must be a mapping, not empty"),
        ("[1, 2]", "f:1: must be a mapping, not a list"),
    ] {
        assert_eq!(parsed(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_file_with_any_word_gone_or_bent_is_sound_or_has_a_problem_to_tell() {
    let starts = |(at, _): (usize, &str)| SOUND[..at].ends_with([' ', '\n', '{', '[', '"']);
    let words = SOUND.match_indices(|c: char| !c.is_whitespace()).filter(|word| starts(*word));
    let mut bad = 0;
    for (at, _) in words {
        let (before, from) = SOUND.split_at(at);
        let rest = from.trim_start_matches(|c: char| !c.is_whitespace() && !",:}]\"".contains(c));
        for other in ["", "7", "[x]", "{x: 1}", "~", "\"", "*x", "${X}"] {
            if let Err(problems) = parsed(&format!("{before}{other}{rest}")) {
                bad += 1;
                let told = problems.to_string();
                assert!(
                    problems.iter().next().is_some() && !told.contains("report this"),
                    "{told}"
                );
            }
        }
    }
    assert!(bad > 500, "{bad}");
}

#[test]
fn an_address_beyond_this_machine_can_be_asked_for_and_port_0_conflicts_with_nothing() {
    let told = SOUND.replace("127.0.0.1:8081", "0.0.0.0:8081, allow_public_admin: true");
    assert!(parsed(&told).is_ok());
    let free_ports = SOUND.replace(":8080", ":0").replace(":8081", ":0").replace(":9464", ":0");
    assert!(parsed(&free_ports).is_ok());
}

#[test]
fn all_at_once_and_nothing_that_another_mistake_caused() {
    let text = SOUND
        .replace("version: 1\n", "version: 1 # the only one\nthread: 2\n")
        .replace("${OPENAI_API_KEY}", "${UNSET}")
        .replace("meter: openai-chat", "meter: openai-responses, price: 1")
        .replace("tool: knowledge-base, meter", "tool: knowledge, meter")
        .replace("output_per_million_tokens: \"10\"", "output_per_million_tokens: 10")
        .replace("hold_wait: 3s", "hold_wait: 3");
    let problems = parsed(&text).unwrap_err();
    let places: Vec<_> = problems.iter().map(|p| (p.line, p.path.as_str())).collect();
    let expected = [
        (2, "thread"),
        (23, "providers.openai.credential"),
        (28, "providers.openai.routes[2].price"),
        (29, "providers.openai.routes[3].tool"),
        (34, "price_book.prices[0].output_per_million_tokens"),
        (39, "bounds.hold_wait"),
    ];
    assert_eq!(places, expected);
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem() {
    let problems = Config::load(Path::new("/etc/bursar/gone.yaml"), &environment()).unwrap_err();
    assert_eq!(problems.to_string(), "/etc/bursar/gone.yaml:1: cannot be read: entity not found");
}
