//! Who may spend at all.

use ledger::{
    Admission, Change, KeyId, KeyStanding, KeyStatus, MemberId, MemberStanding, MemberStatus,
    PathKey, Quote, Refusal, Tool,
};

use crate::org::{ADA, BEN, DESIGN, Org, ada, at, ben, credits, key, member};

fn others() -> Option<Vec<Tool>> {
    Some(vec![Tool::new("video")])
}

#[test]
fn a_key_that_is_revoked_expired_unknown_or_anothers_is_ended() {
    let mut org = Org::with(100);
    let ended = [
        KeyStanding { status: KeyStatus::Revoked, ..key() },
        KeyStanding { expires: at(0), ..key() },
        KeyStanding { member: BEN, ..key() },
    ];
    for standing in ended {
        org.apply(Change::Key(standing));
        assert_eq!(org.refusal(&ada(), 1), Refusal::CredentialEnded);
    }
    let unknown = PathKey { key: Some(KeyId::from_u128(9)), ..ada() };
    assert_eq!(org.refusal(&unknown, 1), Refusal::CredentialEnded);
    let nobody = PathKey { member: MemberId::from_u128(9), key: None, ..ada() };
    assert_eq!(org.refusal(&nobody, 1), Refusal::CredentialEnded);
}

#[test]
fn a_key_ends_by_itself_at_the_instant_it_expires() {
    let mut org = Org::with(100);
    org.apply(Change::Key(KeyStanding { expires: at(10), ..key() }));
    org.now = at(9);
    let hold = org.hold(&ada(), 1);
    org.settle(hold, 0);
    org.now = at(10);
    assert_eq!(org.refusal(&ada(), 1), Refusal::CredentialEnded);
}

#[test]
fn a_blocked_key_that_expires_is_an_ended_one() {
    let mut org = Org::with(100);
    let status = KeyStatus::Blocked;
    org.apply(Change::Key(KeyStanding { status, expires: at(10), ..key() }));
    assert_eq!(org.refusal(&ada(), 1), Refusal::KeyBlocked);
    org.now = at(10);
    assert_eq!(org.refusal(&ada(), 1), Refusal::CredentialEnded);
}

#[test]
fn a_blocked_key_opens_again() {
    let mut org = Org::with(100);
    org.apply(Change::Key(KeyStanding { status: KeyStatus::Blocked, ..key() }));
    assert_eq!(org.refusal(&ada(), 1), Refusal::KeyBlocked);
    org.apply(Change::Key(key()));
    let hold = org.hold(&ada(), 1);
    org.settle(hold, 0);
}

#[test]
fn removed_access_refuses_every_tool_whatever_it_costs_and_passes_what_has_none() {
    let mut org = Org::with(100);
    let removed = MemberStanding { status: MemberStatus::AccessRemoved, ..member(ADA, DESIGN) };
    org.apply(Change::Member(removed));
    for cost in [0, 1] {
        assert_eq!(org.refusal(&ada(), cost), Refusal::AccessRemoved);
    }
    let toolless = PathKey { tool: None, ..ada() };
    let hold = org.hold(&toolless, 0);
    org.settle(hold, 0);
    let deactivated = MemberStanding { status: MemberStatus::Deactivated, ..member(ADA, DESIGN) };
    org.apply(Change::Member(deactivated));
    assert_eq!(org.refusal(&toolless, 0), Refusal::CredentialEnded);
}

#[test]
fn a_tool_must_be_on_the_list_of_the_member_and_of_the_key() {
    let mut org = Org::with(100);
    org.apply(Change::Key(KeyStanding { tools: others(), ..key() }));
    assert_eq!(org.refusal(&ada(), 0), Refusal::ToolNotAllowed);
    org.apply(Change::Key(key()));
    org.apply(Change::Member(MemberStanding { tools: others(), ..member(ADA, DESIGN) }));
    assert_eq!(org.refusal(&ada(), 0), Refusal::ToolNotAllowed);
    let video = PathKey { tool: Some(Tool::new("video")), ..ada() };
    let hold = org.hold(&video, 1);
    org.settle(hold, 0);
}

#[test]
fn what_costs_nothing_passes_without_any_grant() {
    let mut org = Org::new();
    let hold = org.hold(&ben(), 0);
    assert_eq!((hold.parts().len(), hold.group()), (0, Some(crate::org::SALES)));
    org.settle(hold, 0);
    let answer = org.ask(&ben(), Quote::exactly(credits(1)));
    assert!(matches!(answer, Admission::Refused(Refusal::Short(_))));
}
