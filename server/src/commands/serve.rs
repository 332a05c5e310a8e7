//! `kagitaba serve`: starts the server from the command line, and shuts it down gracefully.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use chrono::TimeDelta;
use clap::{Args, builder::FalseyValueParser};
use store::{Clock, RelyingParty, Store};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    commands::demo,
    config::Data,
    console::{
        live::{PlaceLimits, Places},
        mail,
        site::Site,
    },
    gate::{self, exports},
    housekeeping,
    http::{connections, public_url::PublicUrl},
    oidc,
    router::{Services, keeps_share, router},
};

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// The address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", env = "KAGITABA_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
    /// Don't create demo accounts on the first start.
    #[arg(long)]
    pub no_demo: bool,
    /// Serve real users behind TLS: no demo accounts, and browsers return over HTTPS only (HSTS).
    #[arg(long, env = "KAGITABA_PRODUCTION", value_parser = FalseyValueParser::new())]
    pub production: bool,
    /// The address people use to reach Kagitaba, such as https://keys.example: for links in e-mails, the identity provider
    /// and passkeys. Pages at this address may send requests whatever `Host` a proxy passes on.
    #[arg(long, value_name = "URL", env = "KAGITABA_PUBLIC_URL")]
    pub public_url: Option<PublicUrl>,
    /// How connections are served.
    #[command(flatten)]
    pub connections: connections::Arguments,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: mail::Settings,
    /// The identity provider that people may sign in at.
    #[command(flatten)]
    pub oidc: oidc::Settings,
    /// The number of days to keep each call at the gate, and where calls came from; daily totals are kept for good.
    #[arg(long, value_name = "DAYS", env = "KAGITABA_KEEP_CALLS", default_value_t = 90)]
    pub keep_calls: u16,
    /// The gate's limits.
    #[command(flatten)]
    pub gate: gate::Settings,
    /// The folder of the built frontend.
    #[arg(long, value_name = "DIR", env = "LEPTOS_SITE_ROOT", default_value = "target/site")]
    pub site: PathBuf,
}

/// The time that requests may take after the shutdown signal.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until the shutdown signal (Ctrl+C, SIGTERM).
///
/// # Errors
/// If the frontend, the database or the address can't be used.
pub async fn serve(args: &Serve) -> Result<()> {
    let in_order = args.gate.lifecycle().is_in_order();
    ensure!(
        in_order,
        "a version can't be retired before it is deprecated; choose a --sunset on or after its --deprecation"
    );
    let mail = args.mail.mail(args.public_url.as_ref())?;
    let identity_provider = args.oidc.identity_provider(args.public_url.as_ref())?.map(Arc::new);
    let connections = args.connections.settings(args.production, connections::raise_limit(), keeps_share)?;
    warn_of_proxies(args);
    let site = Site::open(&args.site)?;
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}; choose another --listen", args.listen))?;
    let address = listener.local_addr()?;
    let live = Places::new(PlaceLimits::of(connections.limits.total));
    let public_url = args.public_url.clone();
    let services = Services { mail, identity_provider, passkeys: relying_party(args, address), public_url, live };

    let store = args.data.open_alone().await?;
    prepare_demo(args, &store, address).await?;
    store.tokens().remove_deleted().await?;
    tokio::spawn(housekeeping::keep(store.clone(), TimeDelta::days(args.keep_calls.into())));
    tokio::spawn(exports::work(store.clone()));
    let lease = tokio::spawn(store.clone().keep_lease());
    welcome(&store, address).await?;

    let router = router(store.clone(), &site, &args.gate, &services, args.production);
    let (shutdown, end) = (shutdown_signal()?, shutdown_signal()?);
    tokio::select! {
        () = connections::serve(listener, router, connections, shutdown) => {}
        () = async { end.await; tokio::time::sleep(GRACE).await } => {}
    }
    lease.abort();
    _ = lease.await;
    if let Err(error) = store.end_lease().await {
        tracing::warn!(%error, "the lease was not ended: changes elsewhere wait until it has run out");
    }
    let flushed = store.gate().flush_calls().await.context("the last calls at the gate could not be recorded");
    if let Err(error) = store.gate().give_back_shares(true).await {
        tracing::warn!(%error, "calls that accounts did not make here were not given back: they come back as if made");
    }
    flushed.map(drop)
}

/// Returns the site that passkeys are for: the public address, or else this machine's own name. Browsers know sites by
/// name, never by an IP address.
fn relying_party(args: &Serve, address: SocketAddr) -> Option<RelyingParty> {
    let here =
        || (!args.production && address.ip().is_loopback()).then(|| format!("http://localhost:{}", address.port()));
    RelyingParty::of(&args.public_url.as_ref().map(PublicUrl::origin).or_else(here)?)
}

/// Warns if there is most likely a proxy in front that is not trusted.
fn warn_of_proxies(Serve { production, listen, connections, .. }: &Serve) {
    if *production && !listen.ip().is_loopback() && connections.trusted_proxy.is_empty() {
        tracing::warn!(
            "--production listens on {listen}, but only proxies on this machine are trusted: name yours with \
             --trusted-proxy (KAGITABA_TRUSTED_PROXY), or all people and calls will seem to come from its address"
        );
    }
}

/// Makes the demo accounts if they are due. Their password is published, so they are made and served only where no
/// other machine can connect.
async fn prepare_demo(args: &Serve, store: &Store, address: SocketAddr) -> Result<()> {
    let private = address.ip().is_loopback() && !args.production;
    ensure!(
        private || !demo::is_in(store).await?,
        "the database has the demo accounts, whose password is public; serve it on 127.0.0.1 without --production, or \
         choose another --data folder"
    );
    if private && !args.no_demo && demo::is_due(store).await? {
        demo::create(store, Clock::system().now()).await?;
    }
    Ok(())
}

/// Prints the address of Kagitaba and how to sign in.
async fn welcome(store: &Store, address: SocketAddr) -> Result<()> {
    // The address has this name because browsers take passkeys only for a name.
    let here = address.ip() == Ipv4Addr::LOCALHOST;
    let host = if here { format!("localhost:{}", address.port()) } else { address.to_string() };
    let mut text = format!("Kagitaba is running at http://{host} (press Ctrl+C to stop).\n");
    if demo::is_in(store).await? {
        text.push_str(&format!("\n{}\n", demo::how_to_sign_in()));
    } else if !store.members().has_users().await? {
        text.push_str(
            "\nThere are no users yet. Add the first one, with the same --data and --database:\n  \
             kagitaba user add --email YOU@EXAMPLE.COM --name 'YOUR NAME' --role account_administrator --account 'YOUR AGENCY'\n",
        );
    }
    _ = io::stdout().write_all(text.as_bytes()); // without a reader, it serves all the same
    Ok(())
}

/// Waits for Ctrl+C or SIGTERM.
fn shutdown_signal() -> Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
