//! What is said of a key, as the admin API takes it.

use serde_json::{Map, Value, json};

use super::admin::Failure;
use super::arguments::{Clear, KeyFields};
use super::limit::Limit;

/// The body that makes a key.
pub(super) fn of_new(name: &str, member: &str, fields: &KeyFields, limits: &[Limit]) -> Value {
    let mut body = said(fields);
    body.insert("name".to_owned(), name.into());
    body.insert("member".to_owned(), member.into());
    if !limits.is_empty() {
        let limits = limits.iter().map(Limit::body).collect();
        body.insert("limits".to_owned(), Value::Array(limits));
    }
    Value::Object(body)
}

/// The body that changes one: what is cleared is `null`.
///
/// # Errors
/// That something is cleared and set, or nothing is asked for.
pub(super) fn of_changes(
    name: Option<&str>,
    fields: &KeyFields,
    clear: &[Clear],
) -> Result<Value, Failure> {
    let mut body = said(fields);
    body.extend(name.map(|name| ("name".to_owned(), name.into())));
    for field in clear.iter().map(|field| field.name()) {
        if body.insert(field.to_owned(), Value::Null).is_some_and(|said| !said.is_null()) {
            return Err(Failure::Usage(format!("{field} cannot be cleared and set at once")));
        }
    }
    if body.is_empty() {
        return Err(Failure::Usage("nothing is to be changed; see --help".to_owned()));
    }
    Ok(Value::Object(body))
}

/// What is said, and nothing of what is not.
fn said(fields: &KeyFields) -> Map<String, Value> {
    let texts = [
        ("surface", &fields.surface),
        ("project", &fields.project),
        ("group", &fields.group),
        ("expires", &fields.expires),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, json!(text.as_ref()?))));
    let lists = [("tools", &fields.tools), ("models", &fields.models), ("ips", &fields.ips)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists = lists.map(|(name, list)| (name, json!(list)));
    let rates = [
        ("per_second", fields.per_second),
        ("per_minute", fields.per_minute),
        ("concurrent", fields.concurrent),
    ];
    let rates = rates.into_iter().filter_map(|(name, most)| Some((name.to_owned(), json!(most?))));
    let rates: Map<String, Value> = rates.collect();
    let rates = (!rates.is_empty()).then_some(("rates", Value::Object(rates)));
    texts.chain(lists).chain(rates).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> KeyFields {
        KeyFields {
            tools: vec!["chatbot".to_owned()],
            per_minute: "60".parse().ok(),
            expires: Some("2027-01-01T00:00:00Z".to_owned()),
            ..KeyFields::default()
        }
    }

    #[test]
    fn only_what_is_said_is_sent() {
        let body = of_new("ci", "mem_1", &KeyFields::default(), &[]);
        assert_eq!(body, json!({"name": "ci", "member": "mem_1"}));
        let body = of_new("ci", "mem_1", &fields(), &["2/day".parse().unwrap()]);
        let limit = json!({"tool": null, "amount": "2", "period": "day"});
        let expected = json!({
            "name": "ci", "member": "mem_1", "tools": ["chatbot"], "rates": {"per_minute": 60},
            "expires": "2027-01-01T00:00:00Z", "limits": [limit],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_is_cleared_is_null_and_is_not_set_as_well() {
        let clear = [Clear::Ips, Clear::Ips, Clear::Group];
        let body = of_changes(Some("ci"), &KeyFields::default(), &clear).unwrap();
        assert_eq!(body, json!({"name": "ci", "ips": null, "group": null}));
        let both = of_changes(None, &fields(), &[Clear::Rates]).unwrap_err();
        assert!(both.to_string().contains("rates cannot be cleared and set"));
        assert!(of_changes(None, &KeyFields::default(), &[]).is_err());
    }
}
