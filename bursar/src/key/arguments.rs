//! What can be asked of keys on the command line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ledger::OrgId;

use super::limit::Limit;

/// What is to be done with keys.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, and print what opens it, this once
    Create {
        #[command(flatten)]
        admin: AdminArguments,
        /// What it is called
        #[arg(long)]
        name: String,
        /// Whose key it is: `mem_...`
        #[arg(long, value_name = "MEMBER")]
        member: String,
        #[command(flatten)]
        fields: KeyFields,
        /// A limit of its own, for all tools or one: `20/month`, `chatbot:2.5/day`; may be repeated
        #[arg(long = "limit", value_name = "[TOOL:]AMOUNT/PERIOD")]
        limits: Vec<Limit>,
        #[command(flatten)]
        output: SecretArguments,
    },
    /// Print every key, or those of a member or a status
    List {
        #[command(flatten)]
        admin: AdminArguments,
        /// Only this member's: `mem_...`
        #[arg(long, value_name = "MEMBER")]
        member: Option<String>,
        /// Only those that are active, blocked or revoked
        #[arg(long)]
        status: Option<String>,
    },
    /// Print everything about a key but what opens it
    Show {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
    },
    /// Change what a key may be used for, from where, until when
    Edit {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
        /// What it is to be called
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        fields: KeyFields,
        /// Take away what is said of this; may be repeated
        #[arg(long, value_enum, value_name = "FIELD")]
        clear: Vec<Clear>,
    },
    /// Make another secret for a key, and print it, this once; the last one opens it for a while
    Rotate {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
        /// For how long the last secret still opens it, at most 168h; 0s ends all others at once
        #[arg(long, value_name = "DURATION", default_value = "24h")]
        grace: String,
        #[command(flatten)]
        output: SecretArguments,
    },
    /// Have a key refused until it is unblocked
    Block {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
    },
    /// Undo a block
    Unblock {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
    },
    /// End a key for ever
    Revoke {
        #[command(flatten)]
        admin: AdminArguments,
        /// The key: `key_...`
        #[arg(value_parser = one_segment)]
        key: String,
    },
}

impl KeyCommand {
    pub(super) const fn admin(&self) -> &AdminArguments {
        match self {
            Self::Create { admin, .. }
            | Self::List { admin, .. }
            | Self::Show { admin, .. }
            | Self::Edit { admin, .. }
            | Self::Rotate { admin, .. }
            | Self::Block { admin, .. }
            | Self::Unblock { admin, .. }
            | Self::Revoke { admin, .. } => admin,
        }
    }
}

/// Which admin API, and which of its organisations.
#[derive(Args)]
pub(crate) struct AdminArguments {
    /// Where the admin API listens
    #[arg(long, value_name = "URL", env = "BURSAR_ADMIN", default_value = "http://127.0.0.1:8081")]
    pub(super) admin: String,
    /// The file with the admin token [default: the token is in BURSAR_ADMIN_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// The organisation: `org_...`
    #[arg(long, env = "BURSAR_ORG")]
    pub(super) org: OrgId,
    /// Print JSON, as the admin API answers it
    #[arg(long)]
    pub(super) json: bool,
}

/// How a secret is told.
#[derive(Args)]
pub(crate) struct SecretArguments {
    /// Print the secret alone
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
}

/// How much of a key is printed.
#[derive(Clone, Copy)]
pub(super) enum Form {
    SecretAlone,
    Json,
    Text,
}

impl AdminArguments {
    pub(super) const fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }
}

impl SecretArguments {
    pub(super) const fn form(&self, of: &AdminArguments) -> Form {
        if self.quiet { Form::SecretAlone } else { of.form() }
    }
}

/// What can be said of a key.
#[derive(Args, Default)]
pub(crate) struct KeyFields {
    /// Where its calls come from: platform, extension, api or workspace
    #[arg(long)]
    pub(super) surface: Option<String>,
    /// The project that its charges belong to: `prj_...`
    #[arg(long, value_name = "PROJECT")]
    pub(super) project: Option<String>,
    /// The group that its charges belong to: `grp_...`
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// A tool that it may be used for, and no others; may be repeated
    #[arg(long = "tool", value_name = "TOOL")]
    pub(super) tools: Vec<String>,
    /// A model that it may ask for, and no others, such as `gpt-5*`; may be repeated
    #[arg(long = "model", value_name = "MODEL")]
    pub(super) models: Vec<String>,
    /// An address or network that it may be used from, and no others; may be repeated
    #[arg(long = "ip", value_name = "CIDR")]
    pub(super) ips: Vec<String>,
    /// The most calls in a second
    #[arg(long, value_name = "N")]
    pub(super) per_second: Option<NonZeroU32>,
    /// The most calls in a minute
    #[arg(long, value_name = "N")]
    pub(super) per_minute: Option<NonZeroU32>,
    /// The most calls that run at a time
    #[arg(long, value_name = "N")]
    pub(super) concurrent: Option<NonZeroU32>,
    /// When it ends: 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) expires: Option<String>,
}

/// What can be taken away from a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Clear {
    Surface,
    Project,
    Group,
    Tools,
    Models,
    Ips,
    Rates,
    Expires,
}

impl Clear {
    /// The field's name on the wire.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Surface => "surface",
            Self::Project => "project",
            Self::Group => "group",
            Self::Tools => "tools",
            Self::Models => "models",
            Self::Ips => "ips",
            Self::Rates => "rates",
            Self::Expires => "expires",
        }
    }
}

/// An id, which is a segment of a path.
fn one_segment(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let good = !text.is_empty() && text.bytes().all(plain);
    if good {
        Ok(text.to_owned())
    } else {
        Err("it is `key_` and 32 hexadecimal digits".to_owned())
    }
}
