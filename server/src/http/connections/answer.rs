//! One request on a connection: admitted, answered by the router, and followed until the client has taken the answer.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::http::connections::{client::Clients, seats::Seat};

/// In a request's extensions: cancelled when the server shuts down. Handlers with endless answers must end them then.
#[derive(Debug, Clone)]
pub struct Ending(pub CancellationToken);

/// The router's answer, followed until it was taken.
pub type Answer = Result<Response<Answering>, Infallible>;

const BUSY: &str = "The server is busy; try again in a moment.";

/// Answers the requests of all connections.
#[derive(Clone)]
pub struct Answers {
    router: Router,
    clients: Arc<Clients>,
    ending: Ending,
    others: Arc<Semaphore>,
    keeps_share: fn(&str) -> bool,
}

impl Answers {
    /// Returns answers by this router. At most `others` requests for paths that keep no share are under way at the same
    /// time.
    pub fn new(
        router: Router,
        clients: Arc<Clients>,
        ending: Ending,
        others: usize,
        keeps_share: fn(&str) -> bool,
    ) -> Self {
        let others = Arc::new(Semaphore::new(others.min(Semaphore::MAX_PERMITS)));
        Self { router, clients, ending, others, keeps_share }
    }

    /// Answers a request of the connection in that seat, from that peer.
    pub fn answer(
        &self,
        seat: &Arc<Seat>,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Answer> + use<> {
        let seat = Arc::clone(seat);
        let admitted = self.admit(&seat, &request).map(|place| {
            let client = self.clients.of(peer, request.headers());
            let mut request = request.map(|body| Receiving { body, seat: Arc::clone(&seat) });
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(self.ending.clone());
            (self.router.clone().call(request), place)
        });
        async move {
            let (response, place) = match admitted {
                Some((answering, place)) => (answering.await?, place),
                None => (busy(), Place::Kept),
            };
            Ok(response.map(|body| Answering { body, seat, _place: place }))
        }
    }

    /// Returns the place that the request takes, or `None` if none is free.
    fn admit(&self, seat: &Seat, request: &Request<Incoming>) -> Option<Place> {
        if !seat.begin(!request.body().is_end_stream()) {
            return None;
        }
        if (self.keeps_share)(request.uri().path()) {
            return Some(Place::Kept);
        }
        Arc::clone(&self.others).try_acquire_owned().ok().map(Place::AmongOthers)
    }
}

/// The place that a request holds until its answer was taken.
enum Place {
    /// From the share that is kept for requests of its kind.
    Kept,
    /// From the places that all other requests share; given back when dropped.
    AmongOthers(#[allow(dead_code, reason = "held for its effect when dropped")] OwnedSemaphorePermit),
}

fn busy() -> Response<Body> {
    let mut response = Response::new(Body::from(BUSY));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The body of a request: when it has arrived, its connection no longer waits for the client.
struct Receiving {
    body: Incoming,
    seat: Arc<Seat>,
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() {
            self.seat.received();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.seat.received();
    }
}

/// The body of an answer: when it is dropped, its connection waits for the client again.
pub struct Answering {
    body: Body,
    seat: Arc<Seat>,
    _place: Place,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.seat.answered();
    }
}
