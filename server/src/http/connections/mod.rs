//! Accepts, serves and gracefully shuts down connections. A client that sends too slowly is cut off; if there are too
//! many connections, those that wait for their client are closed first (see [`seats`]).

mod accept;
mod answer;
mod client;
mod descriptors;
mod seats;
mod settings;

use std::{pin::pin, sync::Arc};

use axum::Router;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::http::connections::{accept::Acceptor, answer::Answers, client::Clients, seats::Seats};
pub use crate::http::connections::{
    answer::Ending,
    descriptors::raise_limit,
    settings::{Arguments, Limits, Settings, Timeouts},
};

/// Serves HTTP/1.1 until the shutdown signal, and then until every request under way has its answer.
// Not `axum::serve`, which has no timeout for heads.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: Settings,
    shutdown_signal: impl Future<Output = ()>,
) {
    let Settings { timeouts, limits, trusted_proxies, keeps_share } = settings;
    let clients = Arc::new(Clients::new(trusted_proxies));
    let (seats, connections, ending) =
        (Arc::new(Seats::new(limits)), GracefulShutdown::new(), CancellationToken::new());
    let answers = Answers::new(router, Arc::clone(&clients), Ending(ending.clone()), limits.others, keeps_share);
    let mut acceptor = Acceptor::new(listener);
    let mut shutdown_signal = pin!(shutdown_signal);
    loop {
        let accepted = tokio::select! {
            accepted = acceptor.accept() => accepted,
            () = &mut shutdown_signal => break,
        };
        let Ok((stream, peer)) = accepted else {
            seats.make_room();
            continue;
        };
        let Some(place) = seats.take(peer.ip(), !clients.trusts(peer.ip())) else {
            acceptor.refuse(stream);
            continue;
        };
        let (watcher, answers, seat) = (connections.watcher(), answers.clone(), Arc::clone(place.seat()));
        let serving = tokio::spawn(async move {
            let place = place; // held until the connection has ended, in whatever way
            serve_one(stream, watcher, timeouts, |request| answers.answer(place.seat(), peer.ip(), request)).await;
        });
        seat.served_by(serving.abort_handle());
    }
    drop(acceptor);
    ending.cancel();
    connections.shutdown().await;
}

/// Serves one connection to its end.
async fn serve_one<A>(
    stream: TcpStream,
    watcher: Watcher,
    timeouts: Timeouts,
    answer: impl Fn(http::Request<Incoming>) -> A,
) where
    A: Future<Output = answer::Answer>,
{
    // Answers are small and complete: waiting for more to send along would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeouts.reading));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeouts.head);
    let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service_fn(answer));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection was cut off");
    }
}
