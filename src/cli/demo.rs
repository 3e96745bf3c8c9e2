//! `coopwright demo`: the teaching site, for the visitor's own browser.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

use coopwright::demo::Site;
use coopwright::runner::Wish;

use super::{exit, runtime, stop};

/// Open the teaching site: lessons and a playground that run in your own browser
///
/// Serves it until Ctrl-C. Popups really open, on origins of their own below `localhost`, with the headers
/// that you choose; what your browser makes of them is shown beside what the standards say.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Port of the site [default: any free one]
    #[arg(long, value_name = "PORT", default_value = "0", hide_default_value = true)]
    port: u16,

    /// Address to listen at. On any but a loopback address other machines can read the site
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

pub(crate) fn demo(args: &DemoArgs) -> anyhow::Result<u8> {
    let runtime = runtime()?;
    let served = runtime.block_on(serve(args));
    // Runs that nobody has finished are not waited for.
    runtime.shutdown_background();
    served
}

async fn serve(args: &DemoArgs) -> anyhow::Result<u8> {
    let (_wish, mut wish) = stop::listen()?;
    let site = Site::bind(args.host, args.port).await?;
    let address = site.address();
    let url = if address.ip().is_loopback() || address.ip().is_unspecified() {
        format!("http://localhost:{}/", address.port())
    } else {
        format!("http://{address}/")
    };
    if !address.ip().is_loopback() {
        writeln!(
            io::stderr(),
            "warning: other machines can reach the site at {address}\n  \
             They can read it; its stages run only in browsers on this machine, whose names\n  \
             end in `.localhost`."
        )?;
    }
    writeln!(io::stdout().lock(), "The teaching site is at {url}  (Ctrl-C ends it)")?;
    if !args.no_open {
        open(&url)?;
    }
    let end = async move {
        // An error means that nobody can ask for the end any more.
        let _ = wish.wait_for(|wish| *wish == Wish::Stop).await;
    };
    site.serve(end).await?;
    Ok(exit::PASSED)
}

/// Shows it in the visitor's browser; where there is none, the address is enough.
fn open(url: &str) -> io::Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // It may stay as long as the browser does.
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(io::stderr(), "note: no `{program}` here: open the address in a browser")
        }
        Err(error) => Err(error),
    }
}
