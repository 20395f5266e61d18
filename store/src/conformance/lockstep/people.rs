//! Random people, grants and limits: some fit, some do not.

use ledger::{
    Access, CountsFrom, GrantKind, GroupId, Instant, MemberId, MemberStatus, Period, Scope, Tool,
};

use super::super::fixture::{
    DAY, HOUR, credits, grant, group, group_id, key, key_id, limit, member, member_id, org, org_id,
    project, project_id,
};
use super::op::Op;
use super::world::World;
use crate::{Model, Role, Store};

const TOOLS: [&str; 3] = ["chatbot", "images", "music"];

/// Makes an organisation with two of its three groups, projects, members and keys.
pub(super) fn settling_in(number: u128) -> Vec<Op> {
    let mut ops = vec![Op::PutOrg(org(number))];
    for person in [number * 10 + 1, number * 10 + 2] {
        ops.push(Op::PutGroup(group(number, person)));
        ops.push(Op::PutProject(project(number, person)));
        ops.push(Op::PutMember(member(number, person)));
        ops.push(Op::PutKey(key(number, person), None));
    }
    ops
}

impl World {
    /// One of the three of an organisation; rarely one of another's.
    pub(super) fn some_number(&mut self, org: u128) -> u128 {
        let org = if self.happens(4) { self.some_org() } else { org };
        org * 10 + u128::from(self.pick(1..=3))
    }

    pub(super) fn some_member(&mut self, org: u128) -> MemberId {
        member_id(self.some_number(org))
    }

    pub(super) fn some_group(&mut self, org: u128) -> Option<GroupId> {
        self.happens(60).then(|| group_id(self.some_number(org)))
    }

    pub(super) fn some_tool(&mut self) -> Tool {
        let name = self.one_of(&TOOLS).unwrap_or_default();
        Tool::new(name)
    }

    pub(super) fn some_tools(&mut self) -> Option<Vec<Tool>> {
        self.happens(30).then(|| vec![self.some_tool(), self.some_tool()])
    }

    pub(super) async fn some_change_of_people(&mut self, model: &Model) -> Op {
        let number = self.some_org();
        match self.pick(0..=9) {
            0 | 1 => {
                let mut org = org(number);
                let zones =
                    ["UTC", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Nowhere"];
                org.time_zone = self.one_of(&zones).unwrap_or_default().to_owned();
                org.anchor_day = u8::try_from(self.pick(1..=31)).unwrap_or(1);
                (org.require_project, org.rates) = (self.happens(50), self.some_rates());
                Op::PutOrg(org)
            }
            2 | 3 => {
                let mut group = group(number, self.some_number(number));
                group.managers = vec![self.some_member(number), self.some_member(number)];
                Op::PutGroup(group)
            }
            4 => {
                let mut project = project(number, self.some_number(number));
                project.members = self.happens(50).then(|| vec![self.some_member(number)]);
                project.slug = format!("slug-{}", self.pick(1..=5));
                Op::PutProject(project)
            }
            5..=7 => Op::PutMember(self.some_new_member(number)),
            _ => self.some_change_of_a_key(number, model).await,
        }
    }

    fn some_new_member(&mut self, org: u128) -> crate::Member {
        let mut member = member(org, self.some_number(org));
        member.role = self.one_of(&Role::ALL).unwrap_or(Role::Member);
        member.standing.home = self.some_group(org);
        member.standing.groups = (0..2).filter_map(|_| self.some_group(org)).collect();
        member.standing.tools = self.some_tools();
        if self.happens(30) {
            let statuses = [MemberStatus::AccessRemoved, MemberStatus::Deactivated];
            member.standing.status = self.one_of(&statuses).unwrap_or(MemberStatus::Active);
        }
        member.subjects = self.some_subjects();
        (member.tokens_valid_after, member.rates) = (self.some_end(), self.some_rates());
        member
    }

    pub(super) fn some_end(&mut self) -> Instant {
        let some = i64::try_from(self.pick(0..=9)).unwrap_or(0);
        let unit = if self.happens(50) { DAY } else { 3 * HOUR };
        if self.happens(35) { Instant::MAX } else { self.now.plus_micros(some * unit) }
    }

    pub(super) async fn some_grant(&mut self, model: &Model) -> Op {
        let number = self.some_org();
        let known = model.load(org_id(number)).await.ok().flatten();
        let known: Vec<_> = known.map(|data| data.grants).unwrap_or_default();
        let mut new = grant(number * 10 + u128::from(self.pick(1..=6)), GrantKind::Seat, 0);
        new.kind = self.one_of(&GrantKind::ALL).unwrap_or(GrantKind::Seat);
        (new.start, new.created) = (self.now, self.now);
        // Mostly a change of one that is there, which keeps what a grant keeps.
        if let Some(stored) = known.iter().find(|stored| stored.grant.id == new.id)
            && self.happens(85)
        {
            new = stored.grant.clone();
        }
        let most = if self.happens(60) { 900 } else { 5_000 };
        new.amount = credits(self.pick(0..=most));
        new.end = self.some_end();
        if self.happens(40) {
            let members = vec![self.some_member(number)];
            let groups = self.some_group(number).into_iter().collect();
            new.access = Access::Listed { members, groups };
        }
        let name = self.happens(30).then(|| format!("request {}", self.pick(1..=4)));
        if name.is_some() && self.happens(50) {
            // So that the same request comes twice.
            new.amount = credits(100);
            (new.end, new.access, new.kind) = (Instant::MAX, Access::Everyone, GrantKind::TopUp);
        }
        Op::PutGrant(org_id(number), new, name, self.now)
    }

    pub(super) async fn some_limit(&mut self, model: &Model) -> Op {
        let number = self.some_org();
        let org = org_id(number);
        let known = model.load(org).await.ok().flatten();
        let known: Vec<_> = known.map(|data| data.limits).unwrap_or_default();
        let stored = self.one_of(&known);
        if let Some(stored) = &stored
            && self.happens(25)
        {
            return Op::RemoveLimit(org, stored.id);
        }
        let scope = match self.pick(0..=5) {
            0 | 1 => Scope::Org,
            2 => Scope::Group(group_id(self.some_number(number))),
            3 => Scope::Project(project_id(self.some_number(number))),
            4 => Scope::Member(self.some_member(number)),
            _ => Scope::Key(key_id(self.some_number(number))),
        };
        let period = self.one_of(&Period::ALL).unwrap_or(Period::Day);
        let mut new = limit(number * 100 + u128::from(self.pick(1..=25)), scope, period, 0);
        new.tool = self.happens(40).then(|| self.some_tool());
        if let Some(stored) = stored
            && self.happens(40)
        {
            new = stored;
        }
        let most = if self.happens(60) { 500 } else { 3_000 };
        new.amount = credits(self.pick(0..=most));
        let from = if self.happens(50) { CountsFrom::Now } else { CountsFrom::PeriodStart };
        Op::PutLimit(org, new, from, self.now)
    }
}
