//! A warning where sign-in can't work: browsers store no session for a site without TLS.

use crate::i18n::use_i18n;
use crate::sign_in::page_session::use_page_session;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Explains why sign-in would lead back to the form, and what to do; nothing if sign-in works. The server decides by
/// request headers; once our wasm runs, the browser knows for certain.
#[component]
pub fn PlainHttpNote() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    use_page_session().cookie_dropped.then(|| {
        view! {
            <div class="note warning" hidden=move || hydrated.get() && window().is_secure_context()>
                {Icon::Alert.view()}
                <div>
                    <p><strong>{t_signal!(i18n, sign_in.plain_http_title)}</strong></p>
                    <p>{t_signal!(i18n, sign_in.plain_http)}</p>
                </div>
            </div>
        }
    })
}
