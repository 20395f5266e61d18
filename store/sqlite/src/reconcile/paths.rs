//! Whether each charge is the same at every level of its path.

use store::{Check, Difference, Figure};

use super::accounts::Accounts;
use super::books::Books;
use super::events::Event;
use super::owners::Owner;

pub(super) fn check(event: &Event, owner: &Owner, accounts: &Accounts, books: &mut Books) {
    let wrong = wrong(event, accounts).map(|(expected, found)| {
        let about = format!("{} of {}", event.hold, owner.org);
        Difference { about, expected, found }
    });
    books.of(Check::Path).count(wrong);
}

/// What should be, and what is instead.
fn wrong(event: &Event, accounts: &Accounts) -> Option<(String, String)> {
    let Some(detail) = &event.detail else {
        return Some(("a detail that can be read".to_owned(), "another text".to_owned()));
    };
    let credits = |micros: i128| Figure::Credits(micros).to_string();
    let charged = event.charged;
    if charged < 0 || charged > i128::from(detail.held) {
        let most = format!("a charge of at most {}, its hold", credits(detail.held.into()));
        return Some((most, credits(charged)));
    }
    let mut grants = 0;
    for (place, (number, amount)) in detail.lines.iter().enumerate() {
        // Accounts that are not there are told by the check of references.
        let account = accounts.numbered(*number)?;
        if detail.lines.iter().take(place).any(|(other, _)| other == number) {
            return Some(("each account once".to_owned(), format!("{} twice", account.id)));
        }
        let amount = i128::from(*amount);
        if account.grant.is_some() {
            grants += amount;
        } else if amount != charged {
            let found = format!("{} on {}", credits(amount), account.id);
            return Some((format!("{} on each limit", credits(charged)), found));
        }
    }
    (grants != charged).then(|| (format!("{} from its grants", credits(charged)), credits(grants)))
}
