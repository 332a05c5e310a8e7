//! Changes by others while a page is open: received as server-sent events, while the page is visible.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::visibility::use_page_visible;
use crate::words::Words;
use domain::audit::action::Action;
use domain::audit::live::{CHANGE_EVENT, END_EVENT, LiveChange};
use domain::tokens::token::TokenId;
use futures_util::future::{Either, abortable, select};
use futures_util::{StreamExt as _, pin_mut};
use gloo_net::eventsource::futures::EventSource;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::HashMap;
use std::time::Duration;

/// The wait before the first attempt to reconnect. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Calls `on_change` for each change after the entry number `from`, once and in order, and `on_end` if the session of
/// the connection has ended, or its role no longer allows it. A connection that has ended is restored and continues
/// where it was. A hidden page has no connection, since a browser has few, and reconnects when it is visible again.
pub fn use_live_changes(from: Memo<Option<i64>>, on_change: Callback<LiveChange>, on_end: Callback<()>) {
    let visible = use_page_visible();
    let attempts = RwSignal::new(0_u32);
    let (seen, failures) = (StoredValue::new(0_i64), StoredValue::new(0_u32));
    Effect::new(move |_| {
        attempts.track();
        let Some(from) = from.get().filter(|_| visible.get()) else { return };
        let on_heard = move |change: LiveChange| {
            seen.set_value(change.sequence);
            failures.set_value(0);
            on_change.run(change);
        };
        let (listening, handle) = abortable(listen(from.max(seen.get_value()), on_heard));
        on_cleanup(move || handle.abort());
        spawn_local(async move {
            let Ok(ended) = listening.await else { return }; // aborted by the clean-up
            if let Some(Ended) = ended {
                on_end.try_run(());
            }
            let failed = failures.try_update_value(|failed| {
                *failed += 1;
                *failed
            });
            let doublings = failed.unwrap_or_default().saturating_sub(1).min(5);
            let wait = (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT);
            set_timeout(move || _ = attempts.try_update(|attempts| *attempts += 1), wait);
        });
    });
}

/// The session has ended, or may no longer listen.
struct Ended;

/// Reports changes. Returns [`Ended`] when the session has ended, `None` if the connection is lost.
async fn listen(after: i64, on_heard: impl Fn(LiveChange)) -> Option<Ended> {
    let mut source = EventSource::new(&format!("{}?after={after}", routes::LIVE)).ok()?;
    let mut changes = source.subscribe(CHANGE_EVENT).ok()?;
    let end = source.subscribe(END_EVENT).ok()?.into_future();
    pin_mut!(end);
    loop {
        match select(changes.next(), &mut end).await {
            Either::Left((Some(Ok((_, message))), _)) => {
                let text = message.data().as_string()?;
                on_heard(serde_json::from_str(&text).ok()?);
            }
            Either::Right(((Some(Ok(_)), _), _)) => return Some(Ended),
            _ => return None,
        }
    }
}

/// The latest change by others to each token, for its card to show.
#[derive(Clone, Copy)]
pub struct LatestChanges(RwSignal<HashMap<TokenId, LiveChange>>);

impl LatestChanges {
    /// Returns an empty map.
    pub fn new() -> Self {
        Self(RwSignal::new(HashMap::new()))
    }

    /// Records a change of a token.
    pub fn note(self, change: LiveChange) {
        if let Some(token) = change.token {
            self.0.update(|touched| _ = touched.insert(token, change));
        }
    }

    /// Returns a sentence that says who changed the token, or `None` if no one did.
    pub fn text(self, id: TokenId) -> Signal<Option<String>> {
        let i18n = use_i18n();
        Signal::derive(move || {
            self.0.with(|touched| {
                let change = touched.get(&id)?;
                let by = who(i18n, change);
                Some(match change.action {
                    Action::TokenCreated | Action::TokenDuplicated => {
                        t_string!(i18n, live.created, by = by).to_string()
                    }
                    _ => t_string!(i18n, live.changed, by = by).to_string(),
                })
            })
        })
    }
}

/// Returns the name of the user who made the change, or of the access token or the command line.
pub fn who(i18n: Words, change: &LiveChange) -> String {
    let named = change.user.as_ref().map(|user| user.name.clone()).or_else(|| change.access_token.clone());
    named.unwrap_or_else(|| t_string!(i18n, audit.command_line).to_owned())
}
