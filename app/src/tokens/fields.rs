//! The fields of a token's form, each with its label, hint and error. Their names are those of `TokenForm`, as a plain
//! form sends them.

use crate::i18n::{t_string, use_i18n};
use crate::ui::hydrated::use_hydrated;
use crate::ui::raw_text::TextArea;
use crate::ui::reactive::t_signal;
use crate::ui::time::date_text;
use crate::words;
use chrono::{DateTime, TimeDelta, Utc};
use domain::gate::api_version::ApiVersion;
use domain::members::membership::{Contact, MembershipState};
use domain::text::{Field, FieldError};
use domain::tokens::expiry::{self, Lifetime, Terms};
use leptos::form::FromFormData;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The form's current problems.
pub type Errors = RwSignal<Vec<FieldError>>;

/// Returns the id of the element that takes the focus when the field has an error.
const fn id(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Description => "description",
        Field::ApiVersion => "api-version",
        Field::PrimaryContact => "primary-contact",
        Field::Developers => "developers",
        Field::Scopes => "scopes",
        Field::Expires => "expires",
    }
}

/// Moves the focus to the field, once the page shows it.
pub fn focus(field: Field) {
    focus_id(id(field));
}

/// Moves the focus to the element of this id, once the page shows it.
pub fn focus_id(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            _ = element.focus();
        }
    });
}

/// Reads the values of the form below this element as the arguments of a server function.
pub fn read<F: FromFormData>(around: NodeRef<html::Div>) -> Option<F> {
    let form = around.get_untracked()?.query_selector("form").ok()??;
    F::from_form_data(&web_sys::FormData::new_with_form(form.unchecked_ref()).ok()?).ok()
}

fn has_error(errors: Errors, field: Field) -> bool {
    errors.with(|errors| errors.iter().any(|error| error.field == field))
}

/// Returns the ids of the elements that describe the field: its hint, then its error.
fn described_by(field: Field) -> String {
    format!("{0}-hint {0}-error", id(field))
}

/// The error message of the field, if it has one.
#[component]
pub fn FieldProblem(field: Field, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    let problem = move || {
        errors.with(|errors| errors.iter().find(|error| error.field == field).map(|error| words::problem(i18n, error)))
    };
    view! {
        <p class="problem" id=format!("{}-error", id(field))>
            {problem}
        </p>
    }
}

/// Label, hint and error around an input.
#[component]
fn Labelled(
    field: Field,
    #[prop(into)] hint: Signal<&'static str>,
    errors: Errors,
    #[prop(optional)] optional: bool,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="field">
            <label for=id(field)>
                <span class="label">{move || words::field(i18n, field)}</span>
                {optional.then(|| view! { <span class="optional">{t_signal!(i18n, optional)}</span> })}
            </label>
            <p class="hint" id=format!("{}-hint", id(field))>
                {hint}
            </p>
            {children()}
            <FieldProblem field errors/>
        </div>
    }
}

/// The fields for name and description.
#[component]
pub fn NameAndDescription(name: String, description: String, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Labelled field=Field::Name hint=t_signal!(i18n, form.name_hint) errors>
            <input
                type="text"
                id=id(Field::Name)
                name="form[name]"
                value=name
                required
                autocomplete="off"
                dir="auto"
                aria-describedby=described_by(Field::Name)
                aria-invalid=move || has_error(errors, Field::Name).to_string()
            />
        </Labelled>
        <Labelled
            field=Field::Description
            hint=t_signal!(i18n, form.description_hint)
            errors
            optional=true
        >
            <TextArea
                id=id(Field::Description)
                name="form[description]"
                value=description
                rows="3"
                described_by=described_by(Field::Description)
                invalid=Signal::derive(move || has_error(errors, Field::Description))
                prose=true
            />
        </Labelled>
    }
}

/// The field for the API version, which offers the versions from `oldest` on.
#[component]
pub fn VersionField(version: String, #[prop(optional)] oldest: Option<ApiVersion>, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    let offered = ApiVersion::ALL.into_iter().filter(|offered| oldest.is_none_or(|oldest| *offered >= oldest));
    let option = |offered: ApiVersion| {
        let text = move || {
            let newest = if offered.is_newest() { t_string!(i18n, form.newest) } else { "" };
            if newest.is_empty() { offered.to_string() } else { format!("{offered} ({newest})") }
        };
        let number = offered.to_string();
        view! { <option value=number.clone() selected=number == version>{text}</option> }
    };
    let options = offered.map(option).collect_view();
    view! {
        <Labelled
            field=Field::ApiVersion
            hint=t_signal!(i18n, form.api_version_hint)
            errors
        >
            <select
                id=id(Field::ApiVersion)
                name="form[api_version]"
                aria-describedby=described_by(Field::ApiVersion)
                aria-invalid=move || has_error(errors, Field::ApiVersion).to_string()
            >
                {options}
            </select>
        </Labelled>
    }
}

/// The expiry chosen for the Auth Token of an existing token; `None` if it never expires.
#[derive(Clone, Copy)]
pub struct ChosenEnd(pub Option<DateTime<Utc>>);

/// The field for the expiry of the Auth Token.
#[component]
pub fn ExpiryField(terms: Terms, #[prop(optional)] current: Option<ChosenEnd>, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let longest = terms.longest.map(Lifetime::days);
    let first = match (current, longest) {
        (Some(ChosenEnd(current)), _) => expiry::written(current),
        (None, Some(longest)) => longest.to_string(),
        (None, None) => String::new(),
    };
    let chosen = RwSignal::new(first.clone());
    let option = |value: String, text: Signal<String>| {
        let selected = value == first;
        view! { <option value=value selected=selected>{text}</option> }
    };
    let never = longest.is_none() || matches!(current, Some(ChosenEnd(None)));
    let never = never.then(|| {
        let text = move || match longest {
            Some(max) => t_string!(i18n, form.expires_as_allowed, max = max).to_string(),
            None => t_string!(i18n, form.expires_never).to_owned(),
        };
        option(String::new(), Signal::derive(text))
    });
    let kept = current.and_then(|ChosenEnd(end)| end).map(|end| {
        let text = move || t_string!(i18n, form.expires_kept, date = date_text(i18n, end)).to_string();
        option(expiry::written(Some(end)), Signal::derive(text))
    });
    let offered = terms.offered().into_iter().map(|days| {
        option(days.to_string(), Signal::derive(move || t_string!(i18n, form.expires_days, count = days).to_string()))
    });
    let offered = offered.collect_view();
    let by_date =
        option(expiry::LAST_DAY.to_owned(), Signal::derive(move || t_string!(i18n, form.expires_date).to_owned()));
    let hint = move || match longest {
        Some(max) => t_string!(i18n, form.expires_hint_longest, max = max).to_string(),
        None => t_string!(i18n, form.expires_hint).to_owned(),
    };
    let [earliest, latest] = [0, terms.days()].map(|days| (terms.now + TimeDelta::days(days.into())).date_naive());
    view! {
        <div class="field">
            <label for=id(Field::Expires)>
                <span class="label">{move || words::field(i18n, Field::Expires)}</span>
            </label>
            <p class="hint" id="expires-hint">{hint}</p>
            <select
                id=id(Field::Expires)
                name="form[expires]"
                aria-describedby=described_by(Field::Expires)
                aria-invalid=move || has_error(errors, Field::Expires).to_string()
                on:change=move |event| chosen.set(event_target_value(&event))
            >
                {never}
                {kept}
                {offered}
                {by_date}
            </select>
            // Without our wasm it is always shown.
            <div class="field-more" hidden=move || hydrated.get() && chosen.get() != expiry::LAST_DAY>
                <label class="label" for="last-day">{t_signal!(i18n, form.last_day)}</label>
                <input
                    type="date"
                    id="last-day"
                    name="form[last_day]"
                    min=earliest.to_string()
                    max=latest.to_string()
                    aria-describedby="expires-error"
                />
            </div>
            <FieldProblem field=Field::Expires errors/>
        </div>
    }
}

/// The fields for primary contact and developers.
#[component]
pub fn Contacts(primary_contact: String, developers: String, people: Vec<Contact>, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    let option = |Contact { person, state }: Contact| {
        let id = person.id.0.to_string();
        let text = move || {
            let name = format!("{} ({})", person.name, person.email);
            match state {
                MembershipState::Active => name,
                MembershipState::Deactivated => format!("{name} · {}", words::membership(i18n, state)),
            }
        };
        view! {
            <option value=id.clone() selected=id == primary_contact>
                {text}
            </option>
        }
    };
    let options = people.into_iter().map(option).collect_view();
    view! {
        <Labelled
            field=Field::PrimaryContact
            hint=t_signal!(i18n, form.primary_contact_hint)
            errors
        >
            <select
                id=id(Field::PrimaryContact)
                name="form[primary_contact]"
                required
                aria-describedby=described_by(Field::PrimaryContact)
                aria-invalid=move || has_error(errors, Field::PrimaryContact).to_string()
            >
                <option value="">{t_signal!(i18n, form.choose)}</option>
                {options}
            </select>
        </Labelled>
        <Labelled
            field=Field::Developers
            hint=t_signal!(i18n, form.developers_hint)
            errors
            optional=true
        >
            <TextArea
                id=id(Field::Developers)
                name="form[developers]"
                value=developers
                rows="3"
                described_by=described_by(Field::Developers)
                invalid=Signal::derive(move || has_error(errors, Field::Developers))
            />
        </Labelled>
    }
}
