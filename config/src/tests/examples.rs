//! What the examples are good for: they load.

use std::path::Path;

use super::environment;
use crate::{Config, schema, tree};

fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.display().to_string(), std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn every_example_loads() {
    assert!(!examples().is_empty());
    for (name, text) in examples() {
        let config = Config::parse(&text, &name, Path::new("/etc/bursar"), &environment());
        assert!(config.is_ok(), "{}", config.unwrap_err());
    }
}

#[test]
fn every_example_is_valid_by_the_published_schema() {
    for (name, text) in examples() {
        let json = tree::parse(&text).unwrap().to_json();
        assert_eq!(
            jsonschema::validate(&schema(), &json).map_err(|e| e.to_string()),
            Ok(()),
            "{name}"
        );
    }
}
