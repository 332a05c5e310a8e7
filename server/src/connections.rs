//! Connections: accepted, served and ended in good order. Who dribbles is cut off.

use std::{pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::TcpListener;
use tower::Service as _;

/// How long the head of a request may take to arrive, from the connection's beginning or the answer before. (For the
/// body see `request_body`.)
pub const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Serves HTTP/1.1 until told to end, and then until all that were being served have their answers.
// Not `axum::serve`, which waits for heads without end.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    head_within: Duration,
    told_to_end: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_within);
    let connections = GracefulShutdown::new();
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
        let router = router.clone();
        let answer = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection was cut off");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}
