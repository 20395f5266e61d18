//! `bursar key`: the keys of an organisation, by way of the admin API.

mod admin;
mod arguments;
mod fields;
mod limit;
mod print;
mod shown;

use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};

use admin::{Admin, Answer, Failure};
pub(crate) use arguments::KeyCommand;
use print::{list_of, print};
use shown::Page;

/// Does what is asked, and says what became of it.
///
/// # Errors
/// The system has no client for HTTP.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn key(command: &KeyCommand) -> anyhow::Result<ExitCode> {
    Ok(match act(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bursar: {failure}");
            ExitCode::from(failure.exit_code())
        }
    })
}

async fn act(command: &KeyCommand) -> Result<(), Failure> {
    let (admin, form) = (Admin::of(command.admin())?, command.admin().form());
    match command {
        KeyCommand::Create { admin: whose, fields, name, member, limits, output } => {
            let body = fields::of_new(name, member, fields, limits);
            let made = admin.send(Method::POST, "", Some(&body), None).await?;
            print(&made, output.form(whose))
        }
        KeyCommand::List { member, status, .. } => {
            list_of(&all(&admin, member.as_deref(), status.as_deref()).await?, form)
        }
        KeyCommand::Show { key, .. } => {
            print(&admin.send(Method::GET, key, None, None).await?, form)
        }
        KeyCommand::Edit { key, fields, name, clear, .. } => {
            let body = fields::of_changes(name.as_deref(), fields, clear)?;
            let read = admin.send(Method::GET, key, None, None).await?;
            let edited = admin.send(Method::PATCH, key, Some(&body), read.etag.as_deref()).await?;
            print(&edited, form)
        }
        KeyCommand::Rotate { admin: whose, key, grace, output } => {
            let body = json!({ "grace": grace });
            print(&act_on(&admin, key, "rotate", Some(&body)).await?, output.form(whose))
        }
        KeyCommand::Block { key, .. } => print(&act_on(&admin, key, "block", None).await?, form),
        KeyCommand::Unblock { key, .. } => {
            print(&act_on(&admin, key, "unblock", None).await?, form)
        }
        KeyCommand::Revoke { key, .. } => print(&act_on(&admin, key, "revoke", None).await?, form),
    }
}

async fn act_on(
    admin: &Admin,
    key: &str,
    verb: &str,
    body: Option<&Value>,
) -> Result<Answer, Failure> {
    admin.send(Method::POST, &format!("{key}:{verb}"), body, None).await
}

/// Every key of the list, page by page.
async fn all(
    admin: &Admin,
    member: Option<&str>,
    status: Option<&str>,
) -> Result<Vec<Value>, Failure> {
    let mut query = vec![("limit", "100".to_owned())];
    let filters = [("member", member), ("status", status)];
    query.extend(filters.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))));
    let mut all = Vec::new();
    loop {
        let page: Page = admin.list(&query).await?.read()?;
        all.extend(page.data);
        let Some(next) = page.next_cursor else { return Ok(all) };
        query.retain(|(name, _)| *name != "cursor");
        query.push(("cursor", next));
    }
}
