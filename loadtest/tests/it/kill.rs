//! A gateway that is killed for a minute loses nothing.

use crate::process::holds;

#[test]
fn a_gateway_killed_again_and_again_loses_no_charge_and_leaks_no_hold() {
    let said = holds(&["kill", "--seconds", "60", "--rate", "60", "--seed", "3"]);
    // The run is what it says it is: it killed, and answers were cut by that.
    assert!(said.contains(" kills with "), "{said}");
    assert!(said.contains("| cut "), "{said}");
}
