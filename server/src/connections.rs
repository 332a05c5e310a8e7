//! Connections: accepted, served and ended in good order. Who dribbles is cut off.

use std::{pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// How long clients may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request to arrive, from the connection's beginning or the answer before. (For the body see
    /// `request_body`.)
    pub head: Duration,
    /// To take the next piece of an answer. Bounded so that who reads nothing holds no answer in memory for ever.
    pub reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), reading: Duration::from_mins(1) }
    }
}

/// In a request's extensions: cancelled when the server was told to end. Who answers without end has to end then.
#[derive(Debug, Clone)]
pub struct Ending(pub CancellationToken);

/// Serves HTTP/1.1 until told to end, and then until all that were being served have their answers.
// Not `axum::serve`, which waits for heads without end.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    patience: Patience,
    told_to_end: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head);
    let (connections, ending) = (GracefulShutdown::new(), CancellationToken::new());
    let mut told_to_end = pin!(told_to_end);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut told_to_end => break,
        };
        // Answers are small and complete: to wait for more to send along would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(patience.reading));
        let (router, ending) = (router.clone(), Ending(ending.clone()));
        let answer = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(ending.clone());
            router.clone().call(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection was cut off");
            }
        });
    }
    drop(listener);
    ending.cancel();
    connections.shutdown().await;
}
