//! Runs pages and server functions to their end, whether or not the client still waits.
//!
//! A page is rendered by several tasks, which share its reactive values. If the request were dropped midway, as hyper
//! does when a client hangs up, those values would be dropped while other tasks read them, and each such task would
//! panic; some would wait for them for ever.
//!
//! The values are dropped with the last byte of the page as well. An effect that the page began just before, such as
//! the one by which `leptos_i18n` keeps the language, may not have run by then, and panics if it does later. So no byte
//! is taken until every task that the page has begun so far has run once; [`Executor`] counts them.

use std::{future::poll_fn, pin::Pin};

use any_spawner::CustomExecutor;
use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span};

tokio::task_local! {
    /// The tasks that the page has begun and that have not run yet.
    static BEGUN: TaskTracker;
}

/// The executor of Leptos's tasks: runs them on tokio, and counts those that a page began until they have run once.
struct Executor;

impl CustomExecutor for Executor {
    fn spawn(&self, mut task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let Ok(begun) = BEGUN.try_with(Clone::clone) else {
            tokio::spawn(task);
            return;
        };
        let mut not_run = Some(begun.token());
        tokio::spawn(BEGUN.scope(begun, async move {
            poll_fn(|context| {
                let polled = task.as_mut().poll(context);
                not_run = None;
                polled
            })
            .await;
        }));
    }

    fn spawn_local(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        tokio::task::spawn_local(task);
    }

    fn poll_local(&self) {}
}

/// Makes Leptos count tasks. It must be called before the first page is rendered; once is enough.
pub fn count_tasks() {
    // The only possible error is that it was called already.
    let _ = any_spawner::Executor::init_custom_executor(Executor);
}

/// Middleware that answers the request in a task of its own, up to the last byte of the body. For bodies that end.
pub async fn to_the_end(request: Request, next: Next) -> Response {
    let begun = TaskTracker::new();
    begun.close();
    let answer = BEGUN.scope(begun.clone(), async move {
        let (head, mut body) = next.run(request).await.into_parts();
        let mut bytes = Vec::new();
        loop {
            begun.wait().await;
            let Some(frame) = body.frame().await else { break };
            bytes.extend_from_slice(&frame?.into_data().unwrap_or_default());
        }
        Ok::<_, axum::Error>(Response::from_parts(head, Body::from(bytes)))
    });
    match tokio::spawn(answer.instrument(Span::current())).await {
        Ok(Ok(answer)) => answer,
        failed => {
            let error = failed.map(Result::err);
            tracing::error!(?error, "an answer broke off");
            (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server; see its log for details")
                .into_response()
        }
    }
}
