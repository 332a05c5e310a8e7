//! Copies a text to the clipboard, and reports the result.

use crate::i18n::{t_string, use_i18n};
use crate::ui::icon::Icon;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;

/// How long the button shows the result.
const SAID_FOR: Duration = Duration::from_secs(3);

/// A button that copies `text`; `label` names it for screen readers.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] label: Signal<String>,
    /// The button's text, by default *Copy*.
    #[prop(optional)]
    caption: Option<Signal<&'static str>>,
    /// Called once the text is copied. The button then goes on showing that it was.
    #[prop(optional)]
    on_copied: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let outcome = RwSignal::new(None::<bool>);
    // Screen readers watch the region from the moment that the button has the focus. Before, it would be one more thing
    // in each row of a list.
    let watched = RwSignal::new(false);
    let watch = move || {
        if !watched.get_untracked() {
            watched.set(true);
        }
    };
    let on_click = move |_| {
        watch(); // some browsers give a clicked button no focus
        spawn_local(async move {
            let copied = copy(&text.get_untracked()).await;
            outcome.try_set(Some(copied));
            match on_copied.filter(|_| copied) {
                Some(on_copied) => _ = on_copied.try_run(()),
                None => set_timeout(move || _ = outcome.try_set(None), SAID_FOR),
            }
        });
    };
    let said = move || match outcome.get() {
        None => "",
        Some(true) => t_string!(i18n, copied),
        Some(false) => t_string!(i18n, copy_failed),
    };
    let shown = move || match (outcome.get(), caption) {
        (Some(true), _) => t_string!(i18n, copied),
        (_, Some(caption)) => caption.get(),
        (_, None) => t_string!(i18n, copy),
    };
    view! {
        <span class="copy">
            <button type="button" class="button small" aria-label=label on:focusin=move |_| watch() on:click=on_click>
                {move || if outcome.get() == Some(true) { Icon::Check.view() } else { Icon::Copy.view() }}
                {shown}
            </button>
            {move || {
                watched
                    .get()
                    .then(|| {
                        let hidden = move || outcome.get() != Some(false);
                        view! {
                            <span class="copy-said" class:visually-hidden=hidden role="status">
                                {said}
                            </span>
                        }
                    })
            }}
        </span>
    }
}

/// Copies the text. Returns whether it succeeded: browsers allow the clipboard only with TLS or on this machine.
async fn copy(text: &str) -> bool {
    let window = window();
    window.is_secure_context() && JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
}
