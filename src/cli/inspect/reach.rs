//! How sites are reached: certificates and proxies.

use std::path::PathBuf;

use coopwright::upstream::{Ca, Settings};

use crate::cli::variable;

/// How sites are reached.
#[derive(clap::Args)]
pub(super) struct ReachArgs {
    /// Do not verify the certificate of this host; can be given again
    #[arg(long, value_name = "HOST", help_heading = "Reaching sites")]
    insecure_upstream: Vec<String>,

    /// Trust the authorities in this PEM file, too; can be given again
    #[arg(long, value_name = "FILE", help_heading = "Reaching sites")]
    upstream_ca: Vec<PathBuf>,

    /// Go through this proxy, `http://[user:password@]host:port` or `env:NAME`
    #[arg(long, value_name = "URL", help_heading = "Reaching sites")]
    upstream_proxy: Option<String>,
}

impl std::fmt::Debug for ReachArgs {
    /// The proxy's address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReachArgs").finish_non_exhaustive()
    }
}

impl ReachArgs {
    /// What the client is told.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let via = match &self.upstream_proxy {
            Some(proxy) => match proxy.strip_prefix("env:") {
                Some(name) => variable(name),
                None => Some(proxy.clone()),
            },
            None => None,
        };
        Ok(Settings {
            ca: self.upstream_ca.iter().cloned().map(Ca::File).collect(),
            insecure: self.insecure_upstream.clone(),
            via,
            ..Settings::default()
        })
    }
}
