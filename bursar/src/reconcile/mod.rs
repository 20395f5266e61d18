//! `bursar reconcile`: whether everything in a store adds up.

mod json;
mod table;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use store::Reconciliation;

use crate::cli::ReconcileArguments;

/// There is a difference.
const DIFFERS: u8 = 1;
/// Nobody could look.
const UNREADABLE: u8 = 2;

/// Prints what was found, as a table or as one JSON object.
///
/// # Errors
/// Stdout cannot be written to. A store that cannot be read is no error of this function: it is told
/// and ends with a code of its own, so that it is not taken for a difference.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn reconcile(arguments: &ReconcileArguments) -> anyhow::Result<ExitCode> {
    let found = match read(arguments).await {
        Ok(found) => found,
        Err(error) => {
            eprintln!("bursar: {error:#}");
            return Ok(ExitCode::from(UNREADABLE));
        }
    };
    let text = if arguments.json { json::printed(&found)? } else { table::printed(&found) };
    match write!(std::io::stdout(), "{text}") {
        // A reader that has heard enough (`| head`) is no failure.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(ExitCode::from(code(&found)))
}

/// What the command ends with.
fn code(found: &Reconciliation) -> u8 {
    if found.holds() { 0 } else { DIFFERS }
}

async fn read(arguments: &ReconcileArguments) -> anyhow::Result<Reconciliation> {
    Ok(arguments.store.open_read_only().await?.reconcile().await?)
}

#[cfg(test)]
mod tests {
    use ledger::{AccountId, Credits, Epoch, HoldId, Instant, MemberId, NodeId, OrgId};
    use store::{Check, Checked, InDoubt, IndeterminateFigures};

    use super::*;

    fn found(spent: i128) -> Reconciliation {
        let (org, node, epoch) = (OrgId::from_u128(1), NodeId(7), Epoch(3));
        let credits = |micros| Credits::from_micros(micros).unwrap();
        let mut checked = Checked::of_credits(Check::Spent);
        checked.compare(|| "acc_5".to_owned(), 12_500_000, spent);
        let account = AccountId::from_u128(5);
        Reconciliation {
            checks: vec![checked],
            in_doubt: vec![InDoubt { org, account, node, epoch, amount: credits(1) }],
            indeterminate: vec![IndeterminateFigures {
                hold: HoldId { node, epoch, n: 10 },
                org,
                member: MemberId::from_u128(2),
                admitted: Instant::from_micros(9),
                held: credits(3_000_000),
                charged: credits(2_000_000),
                refunded: credits(500_000),
            }],
        }
    }

    #[test]
    fn only_a_difference_fails_and_what_is_open_does_not() {
        assert_eq!([found(12_500_000), found(12)].map(|found| code(&found)), [0, DIFFERS]);
    }

    #[test]
    fn a_table_tells_the_figures_what_differs_and_what_is_open() {
        let text = table::printed(&found(12_000_000));
        for line in [
            "check  expected  found  holds",
            "spent      12.5     12  NO",
            "spent: 1 not as it should be",
            "  acc_5: 12 instead of 12.5",
            "In doubt, until the gateway has replayed its journal:",
            "Charged by a journal after its gateway had died:",
            "1 of 1 checks do not hold.",
        ] {
            assert!(text.lines().any(|said| said == line), "no `{line}` in\n{text}");
        }
        assert!(
            text.contains("  0.000001 of acc_00000000000000000000000000000005 of org_"),
            "{text}"
        );
        assert!(text.contains("2, of which 0.5 were given back"), "{text}");
        assert!(table::printed(&found(12_500_000)).ends_with("\nEverything adds up.\n"));
    }

    #[test]
    fn json_has_amounts_as_text_and_every_list() {
        let line = json::printed(&found(12_000_000)).unwrap();
        let printed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(printed["holds"], false);
        let difference = serde_json::json!({"about": "acc_5", "expected": "12.5", "found": "12"});
        let check = serde_json::json!({
            "name": "spent", "expected": "12.5", "found": "12", "holds": false, "different": 1,
            "differences": [difference],
        });
        assert_eq!(printed["checks"], serde_json::json!([check]));
        assert_eq!(printed["in_doubt"][0]["amount"], "0.000001");
        let request = &printed["indeterminate"][0];
        assert_eq!((&request["request"], &request["charged"]), (&"req_7-3-a".into(), &"2".into()));
    }
}
