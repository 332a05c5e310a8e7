//! The bodies of requests: read completely, up to a limit, or discarded as they arrive.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

/// The largest body in bytes. The largest form, a token with every field at its limit, is about a tenth of it.
pub const LENGTH_MAX: usize = 256 * 1024;
/// The bytes beyond the limit that are read and discarded: a client that is still sending would not see the answer.
const DISCARD_MAX: usize = 16 * 1024 * 1024;
/// The time that a body may take to arrive.
const TIME_MAX: Duration = Duration::from_secs(30);

/// The reason why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body has more than [`LENGTH_MAX`] bytes.
    #[error("the request's body is too large; send at most {LENGTH_MAX} bytes")]
    TooLarge,
    /// The body broke off, or took too long.
    #[error("the request's body did not arrive completely; send it again")]
    Incomplete,
}

impl BodyError {
    /// Returns the HTTP status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Incomplete => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}

/// Middleware that passes the request on with its body in memory.
///
/// # Errors
/// [`BodyError`], in plain words.
pub async fn limit(request: Request, next: Next) -> Result<Response, BodyError> {
    Ok(next.run(read(request).await?).await)
}

/// Returns the request with its body in memory.
///
/// # Errors
/// [`BodyError`].
pub async fn read(request: Request) -> Result<Request, BodyError> {
    let (head, body) = request.into_parts();
    Ok(Request::from_parts(head, Body::from(content(body).await?)))
}

/// Returns the whole body.
///
/// # Errors
/// [`BodyError`].
pub async fn content(body: Body) -> Result<Vec<u8>, BodyError> {
    within(TIME_MAX, collect(body)).await
}

/// Reads the body and keeps nothing of it.
///
/// # Errors
/// [`BodyError`], as if it were kept.
pub async fn discard(body: Body) -> Result<(), BodyError> {
    within(TIME_MAX, each_part(body, |_| {})).await
}

async fn within<T>(time: Duration, reading: impl Future<Output = Result<T, BodyError>>) -> Result<T, BodyError> {
    timeout(time, reading).await.unwrap_or(Err(BodyError::Incomplete))
}

async fn collect(body: Body) -> Result<Vec<u8>, BodyError> {
    let mut content = Vec::new();
    each_part(body, |part| content.extend_from_slice(part)).await?;
    Ok(content)
}

/// Reads the whole body, and passes on its parts up to the limit.
async fn each_part(mut body: Body, mut take: impl FnMut(&[u8])) -> Result<(), BodyError> {
    let (mut taken, mut discarded) = (0, 0);
    while let Some(frame) = body.frame().await {
        // A frame without data holds trailers, which nothing here reads.
        let Ok(data) = frame.map_err(|_| BodyError::Incomplete)?.into_data() else { continue };
        if discarded == 0 && taken + data.len() <= LENGTH_MAX {
            taken += data.len();
            take(&data);
        } else {
            discarded += data.len();
            if discarded > DISCARD_MAX {
                break;
            }
        }
    }
    if discarded == 0 { Ok(()) } else { Err(BodyError::TooLarge) }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use axum::body::{Bytes, HttpBody};
    use hyper::body::Frame;

    use super::*;

    #[tokio::test]
    async fn body_is_taken_up_to_the_limit_exactly() {
        let most = vec![b'x'; LENGTH_MAX];
        assert_eq!(collect(Body::from(most.clone())).await, Ok(most.clone()));
        assert_eq!(collect(Body::from([most, vec![b'x']].concat())).await, Err(BodyError::TooLarge));
        assert_eq!(collect(Body::empty()).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn discarded_body_has_the_same_limit() {
        assert_eq!(discard(Body::from(vec![b'x'; LENGTH_MAX])).await, Ok(()));
        assert_eq!(discard(Body::from(vec![b'x'; LENGTH_MAX + 1])).await, Err(BodyError::TooLarge));
    }

    /// A body that never comes.
    struct Dribble;

    impl HttpBody for Dribble {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn late_body_is_incomplete() {
        let waited = within(Duration::from_millis(1), collect(Body::new(Dribble))).await;
        assert_eq!(waited, Err(BodyError::Incomplete));
        assert_eq!(BodyError::Incomplete.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
