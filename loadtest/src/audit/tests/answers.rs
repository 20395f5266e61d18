//! What is found in the answers.

use super::*;

#[test]
fn a_run_in_which_nothing_was_served_proves_nothing() {
    let found = broken(|run| run.answers.truncate(0));
    assert_eq!(found, ["answers that were complete"]);
}

#[test]
fn a_lost_charge_is_found() {
    let found = broken(|run| {
        run.charges.remove(1);
    });
    assert_eq!(
        found,
        [
            "complete answers without exactly one charge",
            "complete answers charged otherwise than the bill",
            "lines of the bill without a charge",
            "grants that spent otherwise than their charges",
            "limits that counted otherwise than their charges",
            "402s that count more spent than was charged",
        ]
    );
}

#[test]
fn a_double_charge_is_found() {
    let found = broken(|run| run.charges.push(charge(2, Ending::Settled, "1")));
    assert!(found.contains(&"complete answers without exactly one charge"), "{found:?}");
    assert!(found.contains(&"requests charged twice"), "{found:?}");
    assert!(found.contains(&"grants that spent otherwise than their charges"), "{found:?}");
}

#[test]
fn a_complete_answer_charged_as_indeterminate_is_found() {
    let found = broken(|run| {
        run.charges[1].ending = Ending::Indeterminate;
        run.kills.in_flight = 2;
        run.reconciled.indeterminate.push(Listed { request: "req_2".to_owned() });
    });
    assert_eq!(found, ["complete answers charged as indeterminate"]);
}

#[test]
fn an_estimate_is_no_charge_for_an_answer_that_told_its_usage() {
    let rule = "complete answers estimated though their usage was told";
    assert_eq!(broken(|run| run.charges[1].ending = Ending::Estimated), [rule]);
    let excused = broken(|run| {
        run.answers[1].call = planned(2, "mock-no-usage");
        run.bill[1].model = "mock-no-usage".to_owned();
        run.charges[1].ending = Ending::Estimated;
    });
    assert_eq!(excused, Vec::<&str>::new());
}

#[test]
fn an_answer_that_nothing_explains_is_found() {
    let rule = "answers that nothing explains";
    for status in [401, 403, 404, 500, 502] {
        let found = broken(|run| run.answers[3] = answered(3, status, Ended::Complete));
        assert_eq!(found, [rule], "{status}");
    }
    let unkilled = |run: &mut Observed| {
        run.kills = Kills::default();
        run.charges[2].ending = Ending::Released("client_gone".to_owned());
    };
    assert_eq!(broken(unkilled), [rule], "cut without a kill");
    assert_eq!(broken(|run| run.answers[3].ended = Ended::Left), [rule], "left unplanned");
}

#[test]
fn a_charged_error_is_found() {
    let found = broken(|run| {
        run.answers[3] = answered(3, 503, Ended::Complete);
        run.charges[2] = charge(3, Ending::Indeterminate, "0.5");
        run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
    });
    assert_eq!(found, ["errors that were charged"]);
}

#[test]
fn a_repeated_request_id_is_found() {
    let found = broken(|run| run.answers[3].request_id = Some("req_1".to_owned()));
    assert_eq!(found, ["request ids, each its own"]);
}
