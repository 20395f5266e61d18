//! What happens at the same time, on two connections to one store that serves any number of gateways:
//! whoever comes second finds what the first has done.
//!
//! The macro [`races!`](crate::races!) makes a test of each.

mod admins;
mod entry;
mod everybody;
mod gateways;

pub use admins::*;
pub use entry::*;
pub use everybody::*;
pub use gateways::*;

/// How often two run: who is first is up to chance.
const ROUNDS: u128 = 8;

/// A test of every race for the stores that `$make` makes: a function that answers with two
/// connections to an empty one, and what must live as long as they.
#[macro_export]
macro_rules! races {
    ($make:ident) => {
        $crate::races!(@each $make;
            // Gateways meet each other.
            two_gateways_lease_no_more_than_there_is
            of_two_requests_for_the_last_credits_one_is_leased
            a_call_that_comes_twice_at_once_is_booked_once
            a_start_and_a_call_of_the_start_before_come_one_after_the_other
            the_transfers_of_two_gateways_are_numbered_without_a_gap
            what_two_gateways_reach_together_is_told_once
            a_period_is_opened_once_by_two_gateways
            // Admins meet each other, and gateways.
            of_two_limits_of_one_identity_one_is_set
            a_named_grant_that_is_asked_for_twice_at_once_is_made_once
            two_corrections_at_once_give_back_what_one_would
            a_grant_is_either_leased_or_over
            a_limit_is_leased_either_before_it_is_lowered_or_after
            a_gateway_leases_before_it_is_retired_or_not_at_all
            // Whoever may enter meets whoever says so.
            two_first_tokens_of_one_subject_make_one_member
            a_first_token_and_an_admin_make_one_member_of_a_subject
            of_two_changes_of_a_member_as_it_was_read_one_is_made
            a_key_is_made_before_its_member_is_deactivated_or_not_at_all
            of_two_changes_of_one_version_of_a_key_one_is_made
            of_two_keys_of_one_secret_or_one_id_one_is_made
            a_use_and_a_change_of_a_key_both_stay
            of_two_revocations_of_a_token_at_once_the_later_end_counts
            // And everybody.
            whoever_is_at_work_at_once_nobody_is_in_anybodys_way
        );
    };
    (@each $make:ident; $($race:ident)*) => {$(
        #[tokio::test]
        async fn $race() {
            let (one, other, _keep) = $make().await;
            $crate::conformance::$race(&one, &other).await;
        }
    )*};
}
