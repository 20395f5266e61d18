//! What is put into the folder of a new cluster.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use crate::Options;
use crate::binaries::Binaries;
use crate::user::User;

/// Makes the cluster itself.
pub(crate) fn initdb(
    binaries: &Binaries,
    user: User,
    folder: &Path,
    password: &str,
) -> io::Result<()> {
    let password_file = folder.join("password");
    fs::write(&password_file, password)?;
    user.give(&password_file)?;
    let mut initdb = binaries.command("initdb");
    initdb.arg("-D").arg(folder.join("data")).arg("--pwfile").arg(&password_file);
    initdb.args(["--username", crate::server::USER, "--auth", "scram-sha-256", "--no-sync"]);
    initdb.args(["--encoding", "UTF8", "--locale", "C"]).stdin(Stdio::null());
    let made = user.run(&mut initdb).current_dir(folder).output()?;
    if made.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))))
}

/// The options, with the files of the certificate in the cluster's folder.
pub(crate) fn encrypted(mut options: Options, user: User, folder: &Path) -> io::Result<Options> {
    let Some((certificate, key)) = options.tls.take() else { return Ok(options) };
    options.settings.push(("ssl".to_owned(), "on".to_owned()));
    for (setting, text) in [("ssl_cert_file", certificate), ("ssl_key_file", key)] {
        let path = folder.join(setting);
        fs::write(&path, text)?;
        // Postgres reads no key that others might.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        user.give(&path)?;
        options.settings.push((setting.to_owned(), path.display().to_string()));
    }
    Ok(options)
}

/// 32 hexadecimal digits.
pub(crate) fn password() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
