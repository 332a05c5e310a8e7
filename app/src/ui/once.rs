//! A link that is shown once, to be handed over.

use crate::i18n::{t_string, use_i18n};
use crate::ui::copy_button::CopyButton;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Shows the link to that path of this site with a warning, and a note if it should have been mailed and sending
/// failed.
#[component]
pub fn LinkShownOnce(path: String, warning: Signal<String>, failed: Option<Signal<String>>) -> impl IntoView {
    let i18n = use_i18n();
    let link = format!("{}{path}", window().location().origin().unwrap_or_default());
    view! {
        {failed
            .map(|failed| view! { <div class="note failed" role="alert">{Icon::Alert.view()} <p>{failed}</p></div> })}
        <div class="note warning">{Icon::Alert.view()} <p>{warning}</p></div>
        <dl class="credentials">
            <dt>{t_signal!(i18n, invitation.link)}</dt>
            <dd>
                <code translate="no" class="secret">{link.clone()}</code>
                <CopyButton
                    text=link
                    label=Signal::derive(move || t_string!(i18n, invitation.copy_link).to_owned())
                />
            </dd>
        </dl>
    }
}
