//! The token at a glance, to read before anything is edited.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::card::last_used;
use crate::ui::copy_button::CopyButton;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::{self, Words};
use domain::gate::api_version::ApiVersion;
use domain::text::Field;
use domain::tokens::expiry::last_moment;
use domain::tokens::token::Token;
use leptos::prelude::*;

/// The section with the token's facts as they are saved, whatever is typed in the form.
#[component]
pub fn Summary(known: RwSignal<Token>) -> impl IntoView {
    let i18n = use_i18n();
    let sid = known.read_untracked().sid.to_string();
    view! {
        <section class="panel token-summary" aria-labelledby="summary">
            <h2 id="summary">{t_signal!(i18n, form.summary)}</h2>
            <dl>
                <div class="token-sid">
                    <dt>{t_signal!(i18n, card.account_sid)}</dt>
                    <dd>
                        <code translate="no">{sid.clone()}</code>
                        <CopyButton
                            text=sid
                            label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())
                        />
                    </dd>
                </div>
                {move || facts(i18n, known.get())}
            </dl>
        </section>
    }
    .into_any()
}

/// Returns the facts of the token, which follow it as one. Developers are left out if there are none.
fn facts(i18n: Words, token: Token) -> Vec<AnyView> {
    let Token { settings, primary_contact, state, created_at, last_used_at, ends_at, .. } = token;
    let expires = match ends_at {
        Some(end) => view! { <Time at=last_moment(end)/> }.into_any(),
        None => t_string!(i18n, form.expires_never).into_any(),
    };
    let contact = view! { <span dir="auto" translate="no">{primary_contact.name}</span> }.into_any();
    let developers = settings.developers.join(t_string!(i18n, separator));
    let developers = (!developers.is_empty()).then(|| {
        let developers = view! { <span translate="no">{developers}</span> }.into_any();
        fact(words::field(i18n, Field::Developers), developers)
    });
    [
        Some(fact(t_string!(i18n, filter.state), words::state(i18n, state).into_any())),
        Some(fact(words::field(i18n, Field::Expires), expires)),
        Some(fact(words::field(i18n, Field::PrimaryContact), contact)),
        developers,
        Some(fact(words::field(i18n, Field::Scopes), words::allowed(i18n, settings.scopes).into_any())),
        Some(fact(words::field(i18n, Field::ApiVersion), version_text(i18n, settings.api_version).into_any())),
        Some(fact(t_string!(i18n, card.created), view! { <Time at=created_at/> }.into_any())),
        Some(fact(t_string!(i18n, card.last_used), last_used(i18n, last_used_at))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// Returns the API version, and whether it is the newest or there is a newer one.
fn version_text(i18n: Words, version: ApiVersion) -> String {
    if version.is_newest() {
        format!("{version} ({})", t_string!(i18n, form.newest))
    } else {
        let newer = t_string!(i18n, card.upgrade_hint, number = ApiVersion::NEWEST).to_string();
        format!("{version} ({newer})")
    }
}
