//! The check of a file against the schema: every unknown, missing or mistyped field, in plain words.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::place::Place;
use crate::problem::Report;
use crate::schema::schema;

struct Compiled {
    schema: Value,
    validator: Validator,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("the schema of our own types is one");
    Compiled { schema, validator }
});

/// Reports whatever the schema refuses in a file, and says which values those are.
pub(crate) fn check(file: &Value, report: &mut Report<'_>) -> Vec<Place> {
    let mut refused = Vec::new();
    for error in COMPILED.validator.iter_errors(file) {
        let place = place_of(error.instance_path(), file);
        let around = schema_around(&error);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for field in unexpected {
                    report.add(&place.key(field), format!("is no field; {}", fields_of(around)));
                }
            }
            ValidationErrorKind::Required { property } => {
                let field = property.as_str().unwrap_or_default();
                report.add(&place.key(field), "is missing");
            }
            // What has to be one of a few values is told those, and not also its type.
            ValidationErrorKind::Type { .. }
                if around.get("enum").or(around.get("const")).is_some() => {}
            _ => {
                report.add(&place, complaint(&error, around));
                refused.push(place);
            }
        }
    }
    refused
}

/// What is wrong with a value, from its own error and the schema it should have met.
fn complaint(error: &ValidationError<'_>, around: &'static Value) -> String {
    match error.kind() {
        ValidationErrorKind::Type { .. } => {
            let (expected, kind) = (expected(around), kind_of(error.instance()));
            match error.instance().as_ref() {
                Value::Bool(_) | Value::Number(_) if expected == TEXT => {
                    format!("must be {expected}, not {kind}: put it in quotes")
                }
                _ => format!("must be {expected}, not {kind}"),
            }
        }
        ValidationErrorKind::Pattern { .. } => format!("must be {}", expected(around)),
        ValidationErrorKind::Enum { options } => {
            format!("{} is not known; known are {}", error.instance(), listed(options))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("must be {expected_value}; no other is known")
        }
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit}"),
        // Nothing else is in our schema; a value may be a secret, so it is not shown.
        _ => error.masked().to_string(),
    }
}

/// The schema that holds the keyword which refused the value.
fn schema_around(error: &ValidationError<'_>) -> &'static Value {
    static NONE: Value = Value::Null;
    let keyword = error.schema_path().as_str();
    let around = keyword.rsplit_once('/').map_or("", |(around, _)| around);
    COMPILED.schema.pointer(around).unwrap_or(&NONE)
}

/// The place of an instance path: in a mapping, a step that looks like a number is a key.
fn place_of(path: &Location, file: &Value) -> Place {
    let (mut place, mut value) = (Place::root(), file);
    for segment in path {
        let below = match (value, segment) {
            (Value::Array(items), LocationSegment::Index(index)) => {
                place = place.index(index);
                items.get(index)
            }
            (_, segment) => {
                let key = segment.to_string();
                place = place.key(&key);
                value.get(&key)
            }
        };
        value = below.unwrap_or(&Value::Null);
    }
    place
}

fn fields_of(schema: &Value) -> String {
    let fields = schema.get("properties").and_then(Value::as_object);
    let names = fields.into_iter().flat_map(|fields| fields.keys());
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("the fields here are {}", names.join(", "))
}

fn listed(options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<String> = options.iter().map(Value::to_string).collect();
    names.join(", ")
}

/// How the schema calls a text that is nothing more.
const TEXT: &str = "text";

/// What a schema asks for: its title, else its type.
fn expected(schema: &'static Value) -> &'static str {
    match schema.get("title").and_then(Value::as_str) {
        Some(title) if schema.get("properties").is_none() => return title,
        _ => {}
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => TEXT,
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        _ => "a mapping",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a truth value",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
