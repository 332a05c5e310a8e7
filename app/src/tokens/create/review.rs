//! The review of a new token, to look over before it is created.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::api::Create;
use crate::tokens::create::steps::next;
use crate::ui::action_form::read;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::members::membership::Contact;
use domain::text::Field;
use domain::tokens::expiry::LAST_DAY;
use domain::tokens::scope::Scopes;
use domain::tokens::scope_choice::Access;
use domain::tokens::token::{Step, TokenForm};
use leptos::html;
use leptos::prelude::*;

/// The values of the form below the element, shown on its last step. `chosen` are its scopes, `people` its contacts.
#[component]
pub fn Review(
    form: NodeRef<html::Div>,
    #[prop(into)] step: Signal<Step>,
    chosen: RwSignal<Scopes>,
    people: StoredValue<Vec<Contact>>,
) -> impl IntoView {
    let i18n = use_i18n();
    // Read on the way to the last step, on which nothing but the scopes changes.
    let typed = RwSignal::new(None::<TokenForm>);
    Effect::new(move |_| {
        let last = next(step.get()).is_none();
        typed.set(last.then(|| read::<Create>(form)).flatten().map(|call| call.form));
    });
    view! {
        <section class="panel review" aria-labelledby="review" hidden=move || typed.with(Option::is_none)>
            <h2 id="review">{t_signal!(i18n, form.review)}</h2>
            <dl>
                {move || typed.get().map(|form| facts(i18n, form, people))}
                {fact(i18n, Field::Scopes, scopes(i18n, chosen))}
            </dl>
        </section>
    }
}

/// Returns what was typed in the earlier steps. Empty fields are left out.
fn facts(i18n: Words, form: TokenForm, people: StoredValue<Vec<Contact>>) -> Vec<AnyView> {
    let TokenForm { name, api_version, expires, last_day, primary_contact, developers, .. } = form;
    let contact = people.with_value(|people| {
        let contact = people.iter().find(|contact| contact.person.id.0.to_string() == primary_contact);
        contact.map(|contact| contact.person.name.clone()).unwrap_or_default()
    });
    let expiry = move || expiry_text(i18n, &expires, &last_day);
    let texts = [(Field::Name, name), (Field::ApiVersion, api_version)];
    let contacts = [(Field::PrimaryContact, contact), (Field::Developers, developers)];
    let text = move |(field, text): (Field, String)| {
        let text = text.trim().to_owned();
        (!text.is_empty()).then(|| fact(i18n, field, text.into_any()))
    };
    let expiry = fact(i18n, Field::Expires, expiry.into_any());
    texts.into_iter().filter_map(text).chain([expiry]).chain(contacts.into_iter().filter_map(text)).collect()
}

fn fact(i18n: Words, field: Field, value: AnyView) -> AnyView {
    view! {
        <dt>{move || words::field(i18n, field)}</dt>
        <dd dir="auto">{value}</dd>
    }
    .into_any()
}

/// Returns when the Auth Token will expire, as its field says it. A last day is one of the user's time zone: only our
/// wasm shows the review, and it knows that zone.
fn expiry_text(i18n: Words, expires: &str, last_day: &str) -> String {
    match expires.parse::<u16>() {
        Ok(days) => t_string!(i18n, form.expires_days, count = days).to_string(),
        Err(_) if expires == LAST_DAY => last_day.to_owned(),
        Err(_) => t_string!(i18n, form.expires_never).to_owned(),
    }
}

/// Returns the chosen scopes by category, and whether they write.
fn scopes(i18n: Words, chosen: RwSignal<Scopes>) -> AnyView {
    let writes = move || chosen.with(|chosen| chosen.iter().any(|scope| scope.access() == Access::Write));
    view! {
        {move || words::allowed(i18n, chosen.get())}
        " "
        {move || writes().then(|| view! { <span class="access writes">{t_signal!(i18n, form.writes)}</span> })}
    }
    .into_any()
}
