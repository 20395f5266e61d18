//! What may be asked of a provider, and what that is: a tool and its meter, or no tool.

use ledger::Tool;

use crate::meter::Meter;
use crate::path::PathPattern;
use crate::place::Place;
use crate::problem::Report;
use crate::provider::Dialect;
use crate::raw::{self, Text};
use crate::route_bounds::{self, RouteBounds};
use crate::tools;

/// A method and path of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, below the provider's prefix.
    pub path: PathPattern,
    /// What a call of it is.
    pub purpose: Purpose,
    /// How much a call of it may be.
    pub bounds: RouteBounds,
}

/// A method that a route may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods are HTTP's own")]
pub enum Method {
    Get,
    Post,
    Delete,
    Put,
    Patch,
    Head,
}

impl Method {
    /// The method as HTTP spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Head => "HEAD",
        }
    }
}

/// What a call of a route is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing that costs: a model list, a token count. Passes without credits.
    NoTool,
    /// The use of a tool, metered and charged.
    Tool {
        /// The tool.
        tool: Tool,
        /// How its usage is read.
        meter: Meter,
    },
}

impl Purpose {
    /// The tool, if it is the use of one.
    #[must_use]
    pub const fn tool(&self) -> Option<&Tool> {
        match self {
            Self::NoTool => None,
            Self::Tool { tool, .. } => Some(tool),
        }
    }
}

/// What a route is checked against.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The tools there are, if that can be told.
    pub(crate) tools: Option<&'a [Tool]>,
    /// The dialect of its provider, if that can be told.
    pub(crate) dialect: Option<Dialect>,
}

pub(crate) fn check(
    raw: &raw::Route,
    around: Around<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Route> {
    let path = raw.path.given();
    let path = path.map(|Text(path)| report.check(&place.key("path"), PathPattern::parse(path)));
    let method = raw.method.given().map(Method::from);
    let purpose = check_purpose(raw, around, place, report);
    if let (Some(method), Some(Purpose::Tool { meter, .. })) = (method, &purpose)
        && method != Method::Post
    {
        let message = format!("must be POST: `{}` reads a request body", meter.name());
        report.add(&place.key("method"), message);
    }
    let bounds = raw.bounds.check_or(RouteBounds::default(), |raw| {
        route_bounds::check(raw, &place.key("bounds"), report)
    });
    Some(Route { method: method?, path: path??, purpose: purpose?, bounds: bounds? })
}

fn check_purpose(
    raw: &raw::Route,
    around: Around<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Purpose> {
    let Text(tool) = raw.tool.given()?;
    let meter = raw.meter.check_or(None, |meter| Some(Some(Meter::from(meter))))?;
    if tool == "none" {
        if meter.is_some() {
            report.add(&place.key("meter"), "measures nothing, as the tool is `none`");
        }
        return Some(Purpose::NoTool);
    }
    let tool = Tool::new(tool);
    let unknown = around.tools.filter(|tools| !tools.contains(&tool));
    if let Some(tools) = unknown {
        report.add(&place.key("tool"), tools::unknown(&tool, tools));
    }
    let Some(meter) = meter else {
        report.add(&place.key("meter"), "is missing: a tool needs one, unless it is `none`");
        return None;
    };
    if around.dialect.is_some_and(|dialect| dialect != meter.dialect()) {
        let message = format!("`{}` is not of the provider's dialect", meter.name());
        report.add(&place.key("meter"), message);
    }
    unknown.is_none().then_some(Purpose::Tool { tool, meter })
}

impl From<&raw::Method> for Method {
    fn from(raw: &raw::Method) -> Self {
        match raw {
            raw::Method::Get => Self::Get,
            raw::Method::Post => Self::Post,
            raw::Method::Delete => Self::Delete,
            raw::Method::Put => Self::Put,
            raw::Method::Patch => Self::Patch,
            raw::Method::Head => Self::Head,
        }
    }
}
