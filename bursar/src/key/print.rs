//! Keys on stdout; on stderr what is to be known beside them.

use serde_json::Value;

use super::admin::{Answer, Failure};
use super::arguments::Form;
use super::shown::{Applied, Key, Rates};

/// Prints a key that was answered.
///
/// # Errors
/// That it is not one.
pub(super) fn print(answer: &Answer, form: Form) -> Result<(), Failure> {
    let key: Key = answer.read()?;
    match form {
        Form::Json => println!("{}", answer.body),
        Form::SecretAlone => println!("{}", key.secret.as_deref().unwrap_or_default()),
        Form::Text => println!("{}", whole(&key)),
    }
    if matches!(form, Form::Text) && key.secret.is_some() {
        eprintln!("The secret is shown this once: put it where it belongs now.");
    }
    if let Some(applied) = key.applied.filter(|_| !matches!(form, Form::Json)) {
        eprintln!("{}", in_force(&applied));
    }
    Ok(())
}

/// Prints keys, a line each.
///
/// # Errors
/// That one of them is none.
pub(super) fn list_of(keys: &[Value], form: Form) -> Result<(), Failure> {
    if matches!(form, Form::Json) {
        println!("{}", Value::from(keys));
        return Ok(());
    }
    let odd = |error| Failure::Odd(format!("the answer is not one of an admin API: {error}"));
    let keys: Vec<Key> =
        keys.iter().map(Key::deserialize_from).collect::<Result<_, _>>().map_err(odd)?;
    println!("{}", table(&keys));
    Ok(())
}

impl Key {
    fn deserialize_from(value: &Value) -> serde_json::Result<Self> {
        serde::Deserialize::deserialize(value)
    }

    /// When it was used last, whichever secret opened it.
    fn last_used(&self) -> Option<&str> {
        // All in UTC and of one form but for fractions: the later is the greater to the second.
        self.secrets.iter().filter_map(|secret| secret.last_used.as_deref()).max()
    }
}

const NOTHING: &str = "-";

fn table(keys: &[Key]) -> String {
    let header = ["key", "name", "hint", "member", "status", "expires", "last used"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(keys.iter().map(|key| {
        let text = |text: Option<&str>| text.unwrap_or(NOTHING).to_owned();
        [
            key.id.clone(),
            key.name.clone(),
            key.hint.clone(),
            key.member.clone(),
            key.status.clone(),
            text(key.expires.as_deref()),
            text(key.last_used()),
        ]
    }));
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let [a, b, c, d, e, f, _] = [0, 1, 2, 3, 4, 5, 6].map(width);
    let line = |[key, name, hint, member, status, expires, used]: &[String; 7]| {
        format!("{key:a$}  {name:b$}  {hint:c$}  {member:d$}  {status:e$}  {expires:f$}  {used}")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn whole(key: &Key) -> String {
    let list =
        |list: &Option<Vec<String>>| list.as_ref().map_or("any".to_owned(), |it| it.join(", "));
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| NOTHING.to_owned());
    let mut rows = vec![
        ("key", key.id.clone()),
        ("name", key.name.clone()),
        ("member", key.member.clone()),
        ("status", key.status.clone()),
        ("surface", key.surface.clone()),
        ("group", text(&key.group)),
        ("project", text(&key.project)),
        ("tools", list(&key.tools)),
        ("models", list(&key.models)),
        ("addresses", list(&key.ips)),
        ("rates", rates(&key.rates)),
        ("created", text(&key.created)),
        ("expires", text(&key.expires)),
    ];
    for of in &key.secrets {
        let end = of.not_after.as_deref().map_or(String::new(), |end| format!(", until {end}"));
        let used = of
            .last_used
            .as_deref()
            .map_or("not used yet".to_owned(), |at| format!("last used {at}"));
        rows.push(("opened by", format!("{}..., {used}{end}", of.hint)));
    }
    rows.extend(key.secret.clone().map(|secret| ("secret", secret)));
    let rows = rows.into_iter().map(|(name, value)| format!("{name:9}  {value}"));
    rows.collect::<Vec<_>>().join("\n")
}

fn rates(rates: &Rates) -> String {
    let bounds = [
        (rates.per_second, "a second"),
        (rates.per_minute, "a minute"),
        (rates.concurrent, "at a time"),
    ];
    let bounds = bounds.into_iter().filter_map(|(most, when)| Some(format!("{} {when}", most?)));
    let bounds: Vec<_> = bounds.collect();
    if bounds.is_empty() { "any".to_owned() } else { bounds.join(", ") }
}

fn in_force(applied: &Applied) -> String {
    let Applied { nodes, of, missing } = applied;
    let whole = format!("In force on {nodes} of {of} gateways");
    if missing.is_empty() {
        return format!("{whole}.");
    }
    format!("{whole}; {} did not answer, and takes it in when it can.", missing.join(", "))
}
