//! A budget of so many requests serves so many, wherever they come from.

use ledger::{GrantKind, Quote};
use proptest::prelude::*;

use super::Gateways;
use crate::model::{Micros, credits};
use crate::org::{ben, grant};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_budget_of_exactly_so_many_quotes_gives_exactly_so_many_holds(
        quotes in 0_u16..60,
        price in 1_u16..30,
        rest in 0_u16..30,
        arrivals in proptest::collection::vec((0_usize..3, any::<bool>(), any::<bool>()), 300),
    ) {
        let rest = rest % price;
        let budget = grant(1, GrantKind::TopUp, u64::from(quotes * price + rest));
        let mut gateways = Gateways::sharing(3, Vec::new(), vec![budget]);
        let price = Micros::from(price);
        let mut served = 0;
        for (number, settle, refill) in arrivals {
            gateways.admit(number, &ben(), Quote::exactly(credits(price)));
            let wishes = if refill { gateways.wishes(50 * price, price) } else { Vec::new() };
            gateways.exchange(number, 64, wishes);
            if settle {
                served += gateways.settle_all(number, price);
            }
        }
        for _ in 0..20 {
            for number in 0..3 {
                served += gateways.settle_all(number, price);
                gateways.exchange(number, 64, Vec::new());
            }
        }
        prop_assert_eq!(served, usize::from(quotes));
        prop_assert!(gateways.gateways.iter().all(|gateway| gateway.book.waiting() == 0));
    }
}

impl Gateways {
    fn settle_all(&mut self, number: usize, price: Micros) -> usize {
        let mut settled = 0;
        while !self.gateways[number].running.is_empty() {
            self.gateways[number].end(0, credits(price), self.now);
            settled += 1;
        }
        self.check();
        settled
    }
}
