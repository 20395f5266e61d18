//! `docs/operations.md` lists how a gateway and the database can disagree, each beside its tests.

use std::path::Path;

/// The rows of the list: the tests that each names, as `path::name`.
fn listed(page: &str) -> Vec<Vec<(&str, &str)>> {
    let heading = "## Where a gateway and the database can disagree";
    let (_, list) = page.split_once(heading).expect("the page has the list");
    let list = list.split("\n## ").next().unwrap();
    let rows = list.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.split('`').filter_map(|word| word.split_once("::")).collect()).collect()
}

#[test]
fn every_way_in_which_a_gateway_and_the_database_can_disagree_has_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let suite = ["mod.rs", "races/mod.rs"].map(|file| {
        std::fs::read_to_string(root.join("store/src/conformance").join(file)).unwrap()
    });
    let suite = suite.concat();
    let listed = listed(&page);
    assert!(listed.len() >= 20, "only {} are listed", listed.len());
    for tests in listed {
        assert!(!tests.is_empty(), "every row names a test");
        for (path, name) in tests {
            let text = std::fs::read_to_string(root.join(path));
            let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
            let there = ["(", "<"].iter().any(|end| text.contains(&format!("fn {name}{end}")));
            assert!(there, "{path} has no {name}");
            // A rule of the suite is tried only if the suite has it.
            let is_tried = !path.contains("/conformance/") || suite.contains(name);
            assert!(is_tried, "the conformance suite leaves {name} out");
        }
    }
}
