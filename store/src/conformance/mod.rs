//! What every store must do, as a suite that any of them can be put through.
//!
//! Two parts: scenarios, one rule each, named by it; and [`lockstep`], seeded random operations on
//! the [`Model`](crate::Model) and on another store, whose answers must agree after every step. The
//! macro [`conformance`](crate::conformance!) makes a test of every scenario and of a few seeds.

mod asks;
mod deaths;
mod feed;
mod grants;
mod idempotency;
mod keys;
mod limits;
mod money;
mod nodes;
mod office;
mod people;
mod periods;
mod races;
mod recalls;
mod refills;
mod rejoins;
mod secrets;
mod sharing;
mod starts;
mod syncs;
mod tokens;
mod usage;

mod fixture;
mod node;

mod lockstep;

pub use asks::*;
pub use deaths::*;
pub use feed::*;
pub use grants::*;
pub use idempotency::*;
pub use keys::*;
pub use limits::*;
pub use lockstep::{keep_busy, lockstep};
pub use money::*;
pub use nodes::*;
pub use office::Office;
pub use people::*;
pub use periods::*;
pub use races::*;
pub use recalls::*;
pub use refills::*;
pub use rejoins::*;
pub use secrets::*;
pub use sharing::*;
pub use starts::*;
pub use syncs::*;
pub use tokens::*;
pub use usage::*;

/// Asserts that a store refused with an error of this pattern.
macro_rules! refused {
    ($result:expr, $error:pat) => {{
        let result = $result;
        assert!(matches!(result, Err($error)), "{result:?} instead of {}", stringify!($error));
    }};
}
pub(crate) use refused;

/// A test of every scenario and of a few seeds of the lockstep for the stores that `$make` makes:
/// a function that answers with an empty store and what must live as long as it.
#[macro_export]
macro_rules! conformance {
    ($make:ident) => {
        $crate::conformance!(@scenarios $make;
            // A gateway starts.
            an_unknown_gateway_and_an_earlier_start_are_fenced
            a_journal_that_ends_before_what_is_applied_is_an_old_copy
            a_new_journal_begins_at_nothing_applied
            recovery_returns_the_leases_of_earlier_starts_only
            a_hold_is_paid_from_the_lease_of_the_start_that_took_it
            // It syncs.
            the_same_number_with_the_same_content_answers_the_same_and_moves_nothing
            the_same_number_with_other_content_is_a_mismatch
            a_number_that_is_not_the_next_is_a_rewind
            a_charge_beyond_its_lease_moves_nothing
            what_is_given_back_must_have_been_leased
            a_report_must_be_the_sum_of_its_charges
            a_charge_that_does_not_add_up_moves_nothing
            a_hold_is_charged_once
            an_account_is_what_its_charges_say
            organisations_in_two_shards_do_not_meet
            what_is_leased_is_never_more_than_what_is_available
            an_ended_grant_is_leased_no_more_and_still_pays_its_holds
            wishes_are_served_in_their_order
            // Gateways share accounts.
            an_ask_is_answered_all_or_nothing_over_its_path
            a_shortage_names_the_first_account_of_the_path
            a_no_lasts_only_where_nobody_has_anything
            the_own_part_of_an_extension_does_not_count
            a_held_ask_blocks_the_asks_behind_it
            what_others_hold_is_recalled_from_them
            a_recall_is_lifted_by_an_ask_that_leaves_plenty_and_by_a_higher_amount
            credits_are_in_doubt_only_with_a_gateway_that_is_silent
            a_share_below_the_quote_leases_nothing
            a_later_grant_is_leased_only_when_the_earlier_has_nothing_available
            figures_are_told_of_every_account_that_is_named
            a_repeated_ask_is_answered_the_same_and_moves_nothing
            a_lease_that_the_store_has_lost_is_booked_as_it_was
            an_account_that_does_not_live_has_nothing_for_an_ask
            a_budget_that_gateways_share_is_spent_to_the_last_credit
            // They live, fall silent and leave.
            a_sign_of_life_of_an_earlier_start_is_fenced
            gateways_that_were_heard_of_are_counted
            a_gateway_is_suspect_after_ten_seconds_of_silence
            a_gateway_that_leaves_is_neither_live_nor_suspect
            a_sign_of_life_tells_the_shards_of_what_is_recalled
            gateways_are_listed_with_what_they_have
            // They are given up.
            a_gateway_that_is_heard_of_is_not_retired
            what_a_retired_gateway_had_is_written_off
            what_was_lost_of_grants_is_made_up_for
            a_loss_that_is_assumed_to_be_spent_stays_with_the_organisation
            gateways_count_what_is_written_off_as_spent
            a_journal_that_turns_up_corrects_what_was_written_off
            what_is_spent_of_a_compensation_stays_the_platforms_loss
            // A key is claimed, once.
            a_key_belongs_to_the_first_request_that_claims_it
            only_the_last_start_of_a_gateway_claims_a_key
            the_same_text_of_another_member_is_another_key
            a_key_of_an_answered_request_tells_its_status_and_its_charge
            a_key_whose_request_came_to_nothing_is_free
            a_sync_ends_the_keys_of_its_keyed_charges_only
            a_keyed_hold_that_is_not_charged_moves_nothing
            a_repeated_call_ends_no_key_twice
            an_unclaimed_key_is_free
            recovery_frees_the_keys_that_earlier_starts_left
            a_key_is_kept_for_a_day
            an_end_after_its_time_changes_no_key
            // Limits count.
            a_limit_is_one_of_its_scope_tool_and_period
            a_limit_needs_a_scope_that_is_there
            a_changed_amount_reaches_the_accounts_that_have_not_ended
            a_lowered_limit_leases_nothing_until_it_has_room_again
            a_path_has_at_most_sixteen_accounts
            a_period_is_opened_once
            a_period_opens_with_what_its_scope_has_spent
            a_period_that_begins_within_an_hour_counts_from_there
            a_total_counts_from_the_beginning
            a_limit_that_counts_from_now_opens_its_first_period_at_zero
            a_change_of_zone_acts_from_the_next_period
            a_removed_limit_opens_another_account_when_it_is_revived
            // Grants are given.
            a_grant_has_an_account_that_bears_its_id
            a_grant_changes_its_amount_its_end_and_its_access_and_nothing_else
            a_named_grant_is_made_once
            a_grant_lists_only_who_is_there
            // People come.
            what_is_put_is_loaded_as_it_was
            what_is_put_again_is_changed
            nothing_is_put_that_names_who_is_not_there
            what_has_changed_since_it_was_read_stays_as_it_is
            a_secret_opens_one_key
            a_revoked_key_does_not_come_back
            // Who may enter, and with what.
            what_restricts_entry_is_loaded_as_it_was
            a_key_that_has_changed_meanwhile_stays_as_it_is
            a_key_is_made_with_its_limits_or_not_at_all
            a_member_that_is_deactivated_gets_no_key
            a_key_has_the_secrets_that_it_was_put_with
            the_last_use_of_a_secret_is_no_change_of_its_key
            the_secrets_of_keys_that_are_not_revoked_are_told_a_page_at_a_time
            a_member_comes_with_its_first_token_once
            a_member_that_a_token_names_is_answered_whatever_its_status
            a_newcomer_that_does_not_fit_leaves_nothing
            a_subject_is_one_members
            subjects_of_two_organisations_do_not_meet
            a_revoked_token_is_loaded_and_told_with_its_latest_end
            tokens_that_have_ended_by_themselves_are_forgotten
            // Everybody hears of it.
            the_feed_tells_each_entity_once_as_it_is_now_in_the_order_of_last_changes
            a_removed_limit_is_told_as_removed
            what_is_refused_is_not_told
            // Money is accounted for.
            a_grant_is_entered_when_it_is_given_and_when_it_changes
            a_sync_enters_one_charge_a_grant_and_what_the_platform_paid
            credits_are_told_as_low_and_as_exhausted_once
            a_limit_is_told_at_80_percent_and_when_nothing_is_left
            what_is_left_of_a_grant_expires_once_nobody_has_any_of_it
            a_correction_gives_back_to_every_account_of_the_charge
            a_correction_that_would_raise_a_charge_is_refused
            a_named_correction_is_made_once
            // And so is usage.
            a_charge_reads_back_whole
            charges_are_read_in_order_a_page_at_a_time
            a_charge_split_over_grants_is_counted_once
            usage_is_told_by_the_hour_of_admission
        );
        $crate::conformance!(@seeds $make;
            the_store_keeps_step_with_the_model_on_seed_1 = 1;
            the_store_keeps_step_with_the_model_on_seed_2 = 2;
            the_store_keeps_step_with_the_model_on_seed_3 = 3;
            the_store_keeps_step_with_the_model_on_seed_4 = 4;
        );
    };
    (@many $make:ident) => {
        $crate::conformance!(@scenarios $make;
            a_gateway_that_knows_more_than_the_store_rejoins_it
            a_store_is_frozen_for_a_time
        );
    };
    (@scenarios $make:ident; $($scenario:ident)*) => {$(
        #[tokio::test]
        async fn $scenario() {
            let (store, _keep) = $make().await;
            $crate::conformance::$scenario(&store).await;
        }
    )*};
    (@seeds $make:ident; $($name:ident = $seed:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let (store, _keep) = $make().await;
            $crate::conformance::lockstep($seed, 1_600, &store).await;
        }
    )*};
}
