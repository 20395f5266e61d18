//! The series about issuers of tokens: when their keys were last fetched, and how that goes.

use ::identity::IssuerStatus;
use parking_lot::{Mutex, MutexGuard};
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// The series, by an issuer's name in the configuration.
pub(crate) struct IssuerSeries {
    fetched: IntGaugeVec,
    keys: IntGaugeVec,
    failures: IntCounterVec,
    /// Held while they are looked up and told.
    telling: Mutex<()>,
}

impl IssuerSeries {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let gauges = |name: &str, help: &str| {
            let gauges = IntGaugeVec::new(Opts::new(name, help), &["issuer"])?;
            registry.register(Box::new(gauges.clone()))?;
            prometheus::Result::Ok(gauges)
        };
        let failures = Opts::new("bursar_jwks_failures_total", "Fetches of keys that failed");
        let failures = IntCounterVec::new(failures, &["issuer"])?;
        registry.register(Box::new(failures.clone()))?;
        Ok(Self {
            fetched: gauges(
                "bursar_jwks_last_success_timestamp_seconds",
                "When the issuer's keys were last fetched, 0 if never",
            )?,
            keys: gauges("bursar_jwks_keys", "The issuer's keys that are known")?,
            failures,
            telling: Mutex::new(()),
        })
    }

    /// Tells of these issuers and no others, as long as what it returns is kept.
    pub(crate) fn set(&self, issuers: &[IssuerStatus]) -> MutexGuard<'_, ()> {
        let telling = self.telling.lock();
        self.fetched.reset();
        self.keys.reset();
        self.failures.reset();
        for status in issuers {
            let name = &[&*status.name];
            let fetched = status.fetched.map_or(0, |fetched| fetched.seconds());
            self.fetched.with_label_values(name).set(fetched);
            self.keys.with_label_values(name).set(i64::try_from(status.keys).unwrap_or(i64::MAX));
            self.failures.with_label_values(name).inc_by(status.failures);
        }
        telling
    }
}
