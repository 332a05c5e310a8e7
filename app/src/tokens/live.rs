//! Changes by others while a page is open: received as server-sent events, while the page is visible.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::ui::visibility::use_page_visible;
use crate::words::Words;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::user::CurrentUser;
use domain::tokens::token::TokenId;
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::collections::HashMap;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// The name of the function of `live.js`, which `frontend/bundle` adds to the script of every page.
const FOLLOW: &str = "kagitabaFollow";

/// Calls `on_change` for each change after the entry number `from`, once and in order, and `on_end` if the session of
/// the connection has ended, or its role no longer allows it. The tabs of a browser share one connection. A hidden page
/// takes no part, and continues where it was when it is visible again.
pub fn use_live_changes(from: Memo<Option<i64>>, on_change: Callback<LiveChange>, on_end: Callback<()>) {
    let CurrentUser { user, account, .. } = use_current_user();
    // Only tabs of the same user in the same account may hear the same.
    let name = format!("{}:{}:{}", routes::LIVE, account.0, user.id.0);
    let visible = use_page_visible();
    let seen = StoredValue::new(0_i64);
    Effect::new(move |_| {
        let Some(from) = from.get().filter(|_| visible.get()) else { return };
        let report = move |change: Option<String>| {
            let Some(change) = change else { return on_end.run(()) };
            let Ok(change) = serde_json::from_str::<LiveChange>(&change) else { return };
            seen.set_value(change.sequence);
            on_change.run(change);
        };
        let report = Closure::<dyn Fn(Option<String>)>::new(report);
        let end = follow(&name, from.max(seen.get_value()), report.as_ref()).ok();
        let kept = SendWrapper::new((end, report));
        on_cleanup(move || {
            let (end, report) = kept.take();
            if let Some(end) = end {
                _ = end.call0(&JsValue::UNDEFINED);
            }
            drop(report); // which is not called any more
        });
    });
}

/// Calls the function of `live.js`, and returns the function that ends it.
fn follow(name: &str, after: i64, report: &JsValue) -> Result<Function, JsValue> {
    let follow: Function = Reflect::get(&js_sys::global(), &FOLLOW.into())?.dyn_into()?;
    #[allow(clippy::cast_precision_loss)] // far below 2⁵³
    let after = after as f64;
    let arguments = js_sys::Array::of4(&name.into(), &routes::LIVE.into(), &after.into(), report);
    follow.apply(&JsValue::UNDEFINED, &arguments)?.dyn_into()
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
