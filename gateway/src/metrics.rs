//! Every series of the data plane, with its name in one place.

use ::identity::Fault;
use bursar_config::{Handle, Reloads};
use journal::Status;
use ledger::{Charge, Ending};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::exchange::Exchange;
use crate::identity::Tokens;
use crate::issuer_series::IssuerSeries;
use crate::refusal::{Code, Denial};
use crate::sync::Ledger;

/// The gateway's metrics: no label names a member, a key, or anything a client chooses.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    refusals: IntCounterVec,
    auth_failures: IntCounterVec,
    /// Requests by a secret that is running out.
    pub(crate) old_secrets_used: IntCounter,
    charges: ChargeCounters,
    /// Calls of the store.
    pub(crate) store_calls: IntCounterVec,
    duration: Histogram,
    /// Requests that have arrived and not ended.
    pub(crate) present: IntGauge,
    /// Requests that credits are held for.
    pub(crate) holds: IntGauge,
    waiting: IntGauge,
    store_failing: IntGauge,
    journal: JournalGauges,
    issuers: IssuerSeries,
    reloads_ok: IntGauge,
    reloads_failed: IntGauge,
    last_reload_ok: IntGauge,
}

/// What became of holds, and what was charged.
struct ChargeCounters {
    endings: IntCounterVec,
    charged: IntCounterVec,
    overrun: IntCounterVec,
}

impl ChargeCounters {
    fn new(
        counters: impl Fn(&str, &str, &[&str]) -> prometheus::Result<IntCounterVec>,
    ) -> prometheus::Result<Self> {
        Ok(Self {
            endings: counters("bursar_holds_ended_total", "Holds ended", &["tool", "ending"])?,
            charged: counters(
                "bursar_charged_microcredits_total",
                "Credits charged, in micro-credits",
                &["tool"],
            )?,
            overrun: counters(
                "bursar_overrun_microcredits_total",
                "Cost above the hold, borne by the platform, in micro-credits",
                &["tool"],
            )?,
        })
    }

    fn count(&self, charge: &Charge) {
        let ending = match charge.ending {
            Ending::Settled => "settled",
            Ending::Estimated => "estimated",
            Ending::Indeterminate => "indeterminate",
            Ending::Released(cause) => cause.name(),
        };
        let tool = charge.tool.name();
        self.endings.with_label_values(&[tool, ending]).inc();
        self.charged.with_label_values(&[tool]).inc_by(charge.charged.micros());
        if !charge.overrun.is_zero() {
            self.overrun.with_label_values(&[tool]).inc_by(charge.overrun.micros());
        }
    }
}

/// How the journal is.
struct JournalGauges {
    written: IntGauge,
    durable: IntGauge,
    unreported: IntGauge,
    bytes: IntGauge,
    full: IntGauge,
}

impl JournalGauges {
    fn new(gauge: impl Fn(&str, &str) -> prometheus::Result<IntGauge>) -> prometheus::Result<Self> {
        Ok(Self {
            written: gauge("bursar_journal_written_records", "The last record written")?,
            durable: gauge("bursar_journal_durable_records", "The last record on disk")?,
            unreported: gauge(
                "bursar_journal_unreported_records",
                "Records that the store has not acknowledged",
            )?,
            bytes: gauge("bursar_journal_bytes", "What the journal takes of the disk")?,
            full: gauge("bursar_journal_full", "1 while it has no room for a new hold")?,
        })
    }

    fn set(&self, status: &Status) {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.written.set(count(status.written.0));
        self.durable.set(count(status.durable.0));
        self.unreported.set(i64::try_from(status.unreported).unwrap_or(i64::MAX));
        self.bytes.set(count(status.bytes));
        self.full.set(i64::from(status.full));
    }
}

const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0];

impl Metrics {
    /// # Errors
    /// Two series of one name.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            prometheus::Result::Ok(counters)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            prometheus::Result::Ok(gauge)
        };
        let requests = counters(
            "bursar_requests_total",
            "Requests answered, by the class of the status told to the client",
            &["status"],
        )?;
        let refusals =
            counters("bursar_refusals_total", "Requests refused by the gateway", &["code"])?;
        let auth_failures = counters(
            "bursar_auth_failures_total",
            "Requests whose caller was not recognised, by the reason",
            &["reason"],
        )?;
        let old_secrets_used = IntCounter::new(
            "bursar_old_secrets_used_total",
            "Requests by a secret that is running out: its key was rotated, and somebody has yet to \
             take over the new one",
        )?;
        registry.register(Box::new(old_secrets_used.clone()))?;
        let charges = ChargeCounters::new(counters)?;
        let store_calls = counters(
            "bursar_store_calls_total",
            "Calls of the store: a request whose key and credits are known makes none",
            &["operation"],
        )?;
        let duration = Histogram::with_opts(
            HistogramOpts::new("bursar_request_duration_seconds", "From arrival to the last byte")
                .buckets(SECONDS.to_vec()),
        )?;
        registry.register(Box::new(duration.clone()))?;
        for code in Code::ALL {
            refusals.with_label_values(&[code.name()]);
        }
        for fault in Fault::ALL {
            auth_failures.with_label_values(&[fault.name()]);
        }
        Ok(Self {
            requests,
            refusals,
            auth_failures,
            old_secrets_used,
            charges,
            store_calls,
            duration,
            present: gauge("bursar_requests_running", "Requests that have not ended")?,
            holds: gauge("bursar_holds_open", "Requests that credits are held for")?,
            waiting: gauge("bursar_waiting", "Requests that wait for credits which are held")?,
            reloads_ok: gauge("bursar_config_reloads", "Configurations put in force")?,
            reloads_failed: gauge("bursar_config_reloads_refused", "Configurations refused")?,
            last_reload_ok: gauge(
                "bursar_config_last_reload_successful",
                "1 unless the last configuration was refused",
            )?,
            store_failing: gauge("bursar_store_failing", "1 while the store does not answer")?,
            issuers: IssuerSeries::new(&registry)?,
            journal: JournalGauges::new(gauge)?,
            registry,
        })
    }

    pub(crate) fn refused(&self, denial: &Denial) {
        self.refusals.with_label_values(&[denial.code.name()]).inc();
        if let Some(fault) = denial.fault {
            self.auth_failures.with_label_values(&[fault.name()]).inc();
        }
    }

    pub(crate) fn ended(&self, charge: &Charge) {
        self.charges.count(charge);
    }

    pub(crate) fn request(&self, exchange: &Exchange, status: u16) {
        let class = match status {
            0 => "none",
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests.with_label_values(&[class]).inc();
        self.duration.observe(exchange.arrived.elapsed().as_secs_f64());
    }

    fn config(&self, reloads: &Reloads) {
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.reloads_ok.set(count(reloads.ok));
        self.reloads_failed.set(count(reloads.failed));
        let refused = matches!(reloads.last, Some(Err(_)));
        self.last_reload_ok.set(i64::from(!refused));
    }

    /// Every series, with what is only looked up when it is asked for.
    pub(crate) fn text(&self, ledger: &Ledger, tokens: &Tokens, config: &Handle) -> String {
        let _told = self.issuers.set(&tokens.status());
        self.config(&config.reloads().borrow());
        self.journal.set(&ledger.journal().status());
        self.store_failing.set(i64::from(ledger.health().is_failing()));
        self.waiting.set(i64::try_from(ledger.waiting()).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }
}
