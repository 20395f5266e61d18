//! What is found when bill and charges are paired.

use super::*;

#[test]
fn one_micro_credit_off_the_bill_is_found() {
    let found = broken(|run| run.charges[1] = charge(2, Ending::Settled, "0.999999"));
    assert!(found.contains(&"complete answers charged otherwise than the bill"), "{found:?}");
    assert!(found.contains(&"settled charges at another price than the bill's"), "{found:?}");
}

#[test]
fn a_settled_charge_is_compared_whether_or_not_its_answer_was_seen() {
    let found = broken(|run| {
        run.charges[2] = charge(3, Ending::Settled, "0.25");
        run.after = [("fifty".into(), balance("3.25", "0.25", "6.75"))].into();
    });
    assert_eq!(found, ["settled charges at another price than the bill's"]);
}

#[test]
fn a_bill_with_a_line_missing_is_found() {
    assert_eq!(broken(|run| run.calls_billed = 4), ["lines of the provider's bill: its calls"]);
}

#[test]
fn a_call_made_twice_at_the_provider_is_found() {
    let found = broken(|run| {
        run.bill.push(line(2));
        run.calls_billed = 4;
    });
    assert_eq!(
        found,
        [
            "complete answers charged otherwise than the bill",
            "requests billed twice, or without an id",
            "settled charges at another price than the bill's",
        ]
    );
}

#[test]
fn a_call_that_no_request_pairs_with_is_found() {
    let found = broken(|run| run.bill[2].request_id = None);
    assert_eq!(
        found,
        ["requests billed twice, or without an id", "lines of the bill without a charge"]
    );
}

#[test]
fn a_charge_without_a_sale_is_found() {
    let found = broken(|run| {
        run.bill[2].status = 500;
        run.charges[2] = charge(3, Ending::Indeterminate, "0.5");
        run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
    });
    assert_eq!(found, ["charges for what is on no bill"]);
}

#[test]
fn a_released_hold_that_was_charged_is_found() {
    let found = broken(|run| {
        run.charges[2] = charge(3, Ending::Released("client_gone".to_owned()), "0.5");
        run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
    });
    assert_eq!(found, ["released holds that were charged"]);
}

#[test]
fn a_charge_above_its_hold_is_found() {
    assert_eq!(broken(|run| run.charges[1].held = credits("0.9")), ["charges above their hold"]);
}

#[test]
fn accounts_that_paid_something_else_are_found() {
    let found = broken(|run| run.charges[1].lines[0].amount = credits("0.9"));
    assert_eq!(found, ["charges whose accounts do not add up"]);
}

#[test]
fn more_indeterminate_charges_than_requests_in_flight_are_found() {
    assert_eq!(
        broken(|run| run.kills.in_flight = 0),
        ["indeterminate charges: requests in flight at the kills"]
    );
}
