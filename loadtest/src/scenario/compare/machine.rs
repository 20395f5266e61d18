//! What the figures were measured on, in a line: they mean nothing on another machine, their ratios do.

use std::fs;
use std::num::NonZero;
use std::thread::available_parallelism;

/// Cores, processor, kernel and what else keeps them busy, as far as the system tells. Asked
/// before the run, which is itself a load.
pub(crate) fn described() -> String {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let processor = fs::read_to_string("/proc/cpuinfo").ok();
    let processor = processor.as_deref().and_then(model).unwrap_or("an unnamed processor");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{cores} x {processor}, kernel {}, load {load} at the start", kernel.trim())
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_once() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nmodel name\t: Other\n";
        assert_eq!(model(cpuinfo), Some("Fast CPU @ 3 GHz"));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}
