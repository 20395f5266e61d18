//! What is remembered of tokens, and for how long.

use ledger::Instant;

use super::configured::{NOW, at};
use crate::{Seen, TokenHash};

fn remember(seen: &Seen<u32>, text: &str, value: u32, expires: i64, now: i64) {
    seen.insert(TokenHash::of(text), value, at(expires), at(now), seen.round());
}

fn get(seen: &Seen<u32>, text: &str, now: i64) -> Option<u32> {
    seen.get(&TokenHash::of(text), at(now))
}

#[test]
fn a_token_is_remembered_for_a_minute_or_until_it_expires() {
    let seen = Seen::new(100);
    remember(&seen, "long", 1, NOW + 600, NOW);
    remember(&seen, "short", 2, NOW + 10, NOW);
    remember(&seen, "gone", 3, NOW, NOW);
    assert_eq!((get(&seen, "long", NOW + 59), get(&seen, "long", NOW + 60)), (Some(1), None));
    assert_eq!((get(&seen, "short", NOW + 9), get(&seen, "short", NOW + 10)), (Some(2), None));
    assert_eq!((get(&seen, "gone", NOW), get(&seen, "gone", NOW - 1)), (None, None));
}

#[test]
fn all_of_a_token_counts_and_not_how_it_begins() {
    let seen = Seen::new(100);
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
    remember(&seen, token, 1, NOW + 600, NOW);
    for place in 0..token.len() {
        let mut other = token.as_bytes().to_vec();
        other[place] ^= 1;
        assert_eq!(get(&seen, std::str::from_utf8(&other).unwrap(), NOW), None, "{place}");
    }
    assert_eq!(get(&seen, &token[..token.len() - 1], NOW), None);
    assert_eq!(get(&seen, token, NOW), Some(1));
}

#[test]
fn what_was_found_by_rules_of_before_is_not_remembered() {
    let seen = Seen::new(100);
    remember(&seen, "before", 1, NOW + 600, NOW);
    let round = seen.round();
    seen.clear();
    seen.insert(TokenHash::of("late"), 2, at(NOW + 600), at(NOW), round);
    assert!(get(&seen, "before", NOW).is_none() && get(&seen, "late", NOW).is_none());
    assert!(seen.is_empty());
    remember(&seen, "after", 3, NOW + 600, NOW);
    assert_eq!(get(&seen, "after", NOW), Some(3));
}

#[test]
fn it_is_bounded_and_the_newest_stay() {
    let seen = Seen::new(1_000);
    for n in 0..10_000 {
        remember(&seen, &n.to_string(), n, NOW + 600, NOW);
        assert!(seen.len() <= 1_000, "{n}");
        assert_eq!(get(&seen, &n.to_string(), NOW), Some(n));
    }
    let kept = (9_500..10_000).filter(|n| get(&seen, &n.to_string(), NOW) == Some(*n));
    assert_eq!(kept.count(), 500);
}

#[test]
fn what_has_expired_makes_room_before_anything_else_does() {
    let seen = Seen::new(1_000);
    remember(&seen, "stays", 1, NOW + 600, NOW);
    for n in 0..400 {
        remember(&seen, &format!("short {n}"), n, NOW + 1, NOW);
    }
    for n in 0..150 {
        remember(&seen, &format!("later {n}"), n, NOW + 600, NOW + 2);
    }
    assert!(seen.len() < 200, "{}", seen.len());
    assert_eq!(get(&seen, "stays", NOW + 2), Some(1));
}

#[test]
fn many_at_once_never_see_what_is_not_theirs() {
    let seen = Seen::new(64);
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let seen = &seen;
            scope.spawn(move || {
                for n in 0..5_000_u32 {
                    let (text, value) = ((n % 100).to_string(), n % 100);
                    if let Some(found) = get(seen, &text, NOW) {
                        assert_eq!(found, value);
                    }
                    remember(seen, &text, value, NOW + 600, NOW);
                    if thread == 0 && n % 500 == 0 {
                        seen.clear();
                    }
                }
            });
        }
    });
    assert!(seen.len() <= 64 + 4, "{}", seen.len());
    assert_eq!(seen.get(&TokenHash::of("7"), Instant::MAX), None);
}
