//! What happens at the same time: the gateway and the admin API have one store between them.

use store_sqlite::SqliteStore;

macro_rules! at_once {
    ($($race:ident)*) => {$(
        #[tokio::test]
        async fn $race() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let store = SqliteStore::open(&folder.path().join("bursar.db")).await;
            let store = store.expect("a new store");
            store::conformance::$race(&store, &store).await;
        }
    )*};
}

at_once! {
    two_first_tokens_of_one_subject_make_one_member
    a_first_token_and_an_admin_make_one_member_of_a_subject
    of_two_changes_of_a_member_as_it_was_read_one_is_made
    a_key_is_made_before_its_member_is_deactivated_or_not_at_all
    of_two_changes_of_one_version_of_a_key_one_is_made
    of_two_keys_of_one_secret_or_one_id_one_is_made
    a_use_and_a_change_of_a_key_both_stay
    of_two_revocations_of_a_token_at_once_the_later_end_counts
}
