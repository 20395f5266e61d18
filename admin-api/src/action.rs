//! What is to be done with what: `{id}:verb`, in one parameter of a path.

use std::fmt::Display;
use std::str::FromStr;

use crate::problem::Problem;

/// The id of a parameter `{id}:verb`, and what its verb stands for.
///
/// # Errors
/// That nothing is found there, when the id is none, or the verb is not one of `verbs`.
pub(crate) fn read<I: FromStr + Display, V: Copy>(
    parameter: &str,
    form: &str,
    verbs: &[(&str, V)],
) -> Result<(I, V), Problem> {
    let read = || {
        let (id, verb) = parameter.split_once(':')?;
        let (_, verb) = verbs.iter().find(|(name, _)| *name == verb)?;
        Some((id.parse().ok()?, *verb))
    };
    let names = || verbs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|");
    read().ok_or_else(|| {
        Problem::not_found(format!("there is no `{parameter}`; one is `{form}:{}`", names()))
    })
}
