//! Accepts, serves and gracefully shuts down connections. A client that sends too slowly is cut off; if there are too
//! many connections, those that wait for their client are closed first (see [`seats`]).

mod accept;
mod answer;
mod client;
mod descriptors;
mod seats;
mod settings;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use futures_util::future::poll_immediate;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::http::connections::{
    accept::Acceptor,
    answer::Answers,
    client::Clients,
    seats::{Place, Seats},
};
pub use crate::http::connections::{
    answer::Ending,
    descriptors::raise_limit,
    settings::{Arguments, Limits, Settings, Timeouts},
};

/// The time that a new connection has for its first request once the server ends: the client has connected, and may be
/// sending.
const FIRST_CALL_WITHIN: Duration = Duration::from_millis(500);

/// Serves HTTP/1.1 until the shutdown signal, and then until every request under way has its answer, those on new
/// connections too.
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
    let take = |peer: SocketAddr| seats.take(peer.ip(), !clients.trusts(peer.ip()));
    let begin = |stream, peer: SocketAddr, place: Place| {
        let (watcher, ending, answers) = (connections.watcher(), ending.clone(), answers.clone());
        let seat = Arc::clone(place.seat());
        let serving = tokio::spawn(async move {
            let place = place; // held until the connection has ended, in whatever way
            let answer = |request| answers.answer(place.seat(), peer.ip(), request);
            serve_one(stream, watcher, ending, timeouts, answer).await;
        });
        seat.served_by(serving.abort_handle());
    };
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
        match take(peer) {
            Some(place) => begin(stream, peer, place),
            None => acceptor.refuse(stream),
        }
    }
    for (stream, peer) in acceptor.end() {
        if let Some(place) = take(peer) {
            begin(stream, peer, place);
        }
    }
    ending.cancel();
    connections.shutdown().await;
}

/// Serves one connection to its end.
async fn serve_one<A>(
    stream: TcpStream,
    watcher: Watcher,
    ending: CancellationToken,
    timeouts: Timeouts,
    answer: impl Fn(http::Request<Incoming>) -> A,
) where
    A: Future<Output = answer::Answer>,
{
    tokio::select! {
        begun = timeout(timeouts.head, stream.readable()) => if begun.is_err() { return },
        () = async { ending.cancelled().await; sleep(FIRST_CALL_WITHIN).await } => return,
    }
    // Answers are small and complete: waiting for more to send along would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeouts.reading));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeouts.head);
    let mut connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service_fn(answer));
    // Begins to read: when the server ends, a connection that has not been read yet is closed, call or not.
    let ended = match poll_immediate(&mut connection).await {
        Some(ended) => ended,
        None => watcher.watch(connection).await,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection was cut off");
    }
}
