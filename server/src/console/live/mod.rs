//! `/settings/platform-rest/live`: server-sent events that show an open page the changes of others in its account,
//! within a second, for as long as the session lasts and its role allows it.
//!
//! The source is the account's audit trail, whose entries are numbered without gaps: a page that reconnects sends the
//! last number it has seen, and misses nothing. Each open page reads it several times a second, with one query that
//! usually finds nothing new. It works the same whichever process made the change.

mod places;

use std::{convert::Infallible, time::Duration};

use app::routes;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use domain::{
    audit::live::{CHANGE_EVENT, END_EVENT},
    members::{role::Permission, user::CurrentUser},
};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use store::{KnownSession, SessionToken, Store};
use tokio::time::{Instant, sleep};

use crate::console::live::places::Place;
pub use crate::console::live::places::{PlaceLimits, Places};
use crate::{console::session, http::connections::Ending};

/// The interval of reading the trail.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The longest time between two checks of the session.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// The longest time between two messages, so that no proxy takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Makes nginx pass events on at once.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

#[derive(Deserialize)]
struct From {
    /// The last entry whose result the page has seen.
    after: i64,
}

/// Returns the route, which finds the asker in the request's extensions.
pub fn router(store: Store, places: Places) -> Router {
    Router::new().route(routes::LIVE, get(changes)).with_state((store, places))
}

async fn changes(
    State((store, places)): State<(Store, Places)>,
    asker: Option<Extension<CurrentUser>>,
    Extension(Ending(ending)): Extension<Ending>,
    Query(From { after }): Query<From>,
    headers: HeaderMap,
) -> Response {
    let (Some(Extension(asker)), Some(session)) = (asker, session::token_of(&headers)) else {
        return (StatusCode::UNAUTHORIZED, "sign in first").into_response();
    };
    if !asker.role.may(Permission::SeeTokens) {
        return (StatusCode::FORBIDDEN, "your role doesn't allow this; ask an Account Administrator").into_response();
    }
    let Some(place) = places.take(asker.account, &session) else {
        let later = [(header::RETRY_AFTER, store::Error::RETRY_AFTER.to_string())];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "too many pages are open; close some").into_response();
    };
    let listener = Listener { store, session, asker, after, asked: Instant::now(), ended: false, _place: place };
    let events = listener.events().take_until(ending.cancelled_owned());
    ([UNBUFFERED], Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response()
}

/// An open page that waits for changes.
struct Listener {
    store: Store,
    session: SessionToken,
    asker: CurrentUser,
    after: i64,
    asked: Instant,
    ended: bool,
    _place: Place,
}

impl Listener {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut listener| {
            let events = listener.next().await?;
            Some((stream::iter(events.into_iter().map(Ok)), listener))
        })
        .flatten()
    }

    /// Waits for the next events. Returns `None` after the end, or if the database fails: the page connects again
    /// later.
    async fn next(&mut self) -> Option<Vec<Event>> {
        if self.ended {
            return None;
        }
        loop {
            let read = self.store.audit().live_changes(self.asker.account, self.after).await;
            let (changes, after) =
                read.inspect_err(|error| tracing::warn!(%error, "live changes were not read")).ok()?;
            // Any change in the account may have taken away the role, or the session.
            if after > self.after || self.asked.elapsed() >= ASK_EVERY {
                self.asked = Instant::now();
                self.ended = !self.still_allowed().await?;
            }
            self.after = after;
            if self.ended {
                return Some(vec![Event::default().event(END_EVENT).data("over")]);
            }
            if !changes.is_empty() {
                let event = |change: &domain::audit::live::LiveChange| {
                    Event::default().event(CHANGE_EVENT).id(change.sequence.to_string()).json_data(change).ok()
                };
                return Some(changes.iter().filter_map(event).collect());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn still_allowed(&self) -> Option<bool> {
        let known = self.store.sign_in().peek_session(&self.session).await;
        let known = known.inspect_err(|error| tracing::warn!(%error, "the session could not be looked up")).ok()?;
        Some(known.is_some_and(|KnownSession { asker, second_factor_missing, .. }| {
            asker.account == self.asker.account && asker.role.may(Permission::SeeTokens) && !second_factor_missing
        }))
    }
}
