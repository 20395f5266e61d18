//! Records of the size that a chat's have: two limits and one grant.

use journal::{Due, Opened};
use ledger::{
    AccountId, Charge, Credits, Ending, Epoch, GrantKind, HoldId, Instant, KeyId, Line, LineSource,
    MemberId, NodeId, OrgId, Shard, Surface, Tool, Unit, Usage, WrittenPart,
};

const AMOUNT: Credits = match Credits::from_micros(1_234_567) {
    Some(amount) => amount,
    None => Credits::ZERO,
};

fn org() -> OrgId {
    OrgId::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0001)
}

pub(crate) fn shard() -> Shard {
    org().shard()
}

fn accounts() -> [(AccountId, Option<GrantKind>); 3] {
    let account = |n: u128| AccountId::from_u128((0x0192_f0c1 << 96) | n);
    [(account(1), None), (account(2), None), (account(3), Some(GrantKind::Allocation))]
}

fn usage() -> Usage {
    Usage::default().with(Unit::InputToken, 812).with(Unit::OutputToken, 164)
}

fn hold(n: u64) -> HoldId {
    HoldId { node: NodeId(0xab12_cd34), epoch: Epoch(3), n }
}

pub(crate) fn opened(n: u64) -> Opened {
    let part =
        |(account, grant)| WrittenPart { account, amount: AMOUNT, grant, ends: Instant::MAX };
    Opened {
        hold: hold(n),
        org: org(),
        member: MemberId::from_u128(2),
        key: Some(KeyId::from_u128(3)),
        group: None,
        project: None,
        surface: Surface::Api,
        tool: Tool::new("chatbot"),
        provider: "openai".into(),
        model: "gpt-5.4-mini".into(),
        price_book: "2026-11".into(),
        body_hash: [7; 32],
        keyed: false,
        admitted: Instant::from_seconds(1_790_000_000),
        held: AMOUNT,
        parts: accounts().map(part).into(),
        due_at_start: Due { usage: usage(), cost: AMOUNT },
    }
}

pub(crate) fn charge(n: u64) -> Charge {
    let Opened { org, member, key, group, project, surface, tool, .. } = opened(n);
    let line = |(account, grant): (_, Option<GrantKind>)| Line {
        account,
        source: grant.map_or(LineSource::Limit, LineSource::Grant),
        amount: AMOUNT,
    };
    Charge {
        hold: hold(n),
        org,
        member,
        key,
        group,
        project,
        surface,
        tool,
        provider: "openai".into(),
        model: "gpt-5.4-mini".into(),
        admitted: Instant::from_seconds(1_790_000_000),
        ended: Instant::from_seconds(1_790_000_001),
        ending: Ending::Settled,
        usage: usage(),
        outputs: 1,
        held: AMOUNT,
        charged: AMOUNT,
        overrun: Credits::ZERO,
        lines: accounts().map(line).into_iter().collect(),
        price_book: "2026-11".into(),
        body_hash: [7; 32],
        status: 200,
    }
}
