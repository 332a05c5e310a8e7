//! The fields of a token's form, each with its label, hint and error. Their names are those of `TokenForm`, as a plain
//! form sends them.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::tokens::last_day::{LAST_DAY, LastDayField};
use crate::tokens::scope_picker::ScopePicker;
use crate::ui::field::{Control, FieldProblem, FormField, Problems, focus_id};
use crate::ui::hydrated::use_hydrated;
use crate::ui::raw_text::TextArea;
use crate::ui::reactive::t_signal;
use crate::ui::time::date_text;
use crate::words::{self, Words};
use chrono::{DateTime, Utc};
use domain::gate::api_version::ApiVersion;
use domain::members::membership::{Contact, MembershipState};
use domain::text::{Field, FieldError};
use domain::tokens::expiry::{self, Lifetime, Terms};
use domain::tokens::scope::Scopes;
use leptos::oco::Oco;
use leptos::prelude::*;

/// The form's current problems.
pub type Errors = Problems<FieldError>;

impl FieldProblem for FieldError {
    fn id(&self) -> Oco<'static, str> {
        id(self.field).into()
    }

    fn text(&self, i18n: Words) -> String {
        words::problem(i18n, self)
    }

    fn answered(error: AppError) -> Option<Vec<Self>> {
        if let AppError::Invalid(found) = error { Some(found) } else { None }
    }
}

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

/// The name of the control for the API version.
pub const VERSION: &str = "form[api_version]";
/// The name of the first control for the expiry. The other one is its last day.
pub const EXPIRES: &str = "form[expires]";

/// Returns the field of the control of this name: that of its first control.
pub fn field_of(name: &str) -> &str {
    if name == LAST_DAY { EXPIRES } else { name }
}

/// Moves the focus to the field, once the page shows it.
pub fn focus(field: Field) {
    focus_id(id(field));
}

/// Returns the field with its label, around the element that `element` makes for it.
fn labelled<V: IntoView + 'static>(
    field: Field,
    hint: impl Into<Signal<String>>,
    errors: Errors,
    optional: bool,
    element: impl FnOnce(&Control) -> V + Send + 'static,
) -> impl IntoView {
    let (i18n, of) = (use_i18n(), errors.control(id(field)));
    let label = Signal::derive(move || words::field(i18n, field));
    view! { <FormField control=of.clone() label hint=hint optional>{element(&of)}</FormField> }
}

/// The API scopes, with what is to be said about them. `chosen` has the `scopes` at first and then follows what is
/// picked, for pages that show it.
#[component]
pub fn ScopesField(
    scopes: Scopes,
    #[prop(optional)] chosen: Option<RwSignal<Scopes>>,
    errors: Errors,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = chosen.unwrap_or_default();
    chosen.set(scopes);
    view! {
        <div id=id(Field::Scopes) tabindex="-1">
            <p class="hint">{t_signal!(i18n, form.scopes_lead)}</p>
            {errors.control(id(Field::Scopes)).problem_view()}
            <ScopePicker chosen/>
        </div>
    }
}

/// The fields for name and description.
#[component]
pub fn NameAndDescription(name: String, description: String, errors: Errors) -> impl IntoView {
    let i18n = use_i18n();
    let description = move |of: &Control| {
        view! {
            <TextArea
                id=id(Field::Description)
                name="form[description]"
                value=description
                rows="3"
                described_by=of.described_by()
                invalid=of.invalid()
                prose=true
            />
        }
    };
    let name = move |of: &Control| {
        view! {
            <input type="text" name="form[name]" value=name required autocomplete="off" dir="auto" {..of.attributes()}/>
        }
    };
    view! {
        {labelled(Field::Name, t_signal!(i18n, form.name_hint), errors, false, name)}
        {labelled(Field::Description, t_signal!(i18n, form.description_hint), errors, true, description)}
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
    let element = move |of: &Control| view! { <select name={VERSION} {..of.attributes()}>{options}</select> };
    labelled(Field::ApiVersion, t_signal!(i18n, form.api_version_hint), errors, false, element)
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
    let first = match current {
        Some(ChosenEnd(current)) => expiry::written(current),
        None => terms.offered_first().to_string(),
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
        let text =
            move || t_string!(i18n, form.expires_kept, date = date_text(i18n, expiry::last_moment(end))).to_string();
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
    let without_day = move || hydrated.get() && chosen.get() != expiry::LAST_DAY;
    let element = move |of: &Control| {
        view! {
            <select
                name=EXPIRES
                on:change=move |event| chosen.set(event_target_value(&event))
                {..of.attributes()}
            >
                {kept}
                {offered}
                {by_date}
                {never}
            </select>
            <LastDayField terms hidden=Signal::derive(without_day)/>
        }
    };
    labelled(Field::Expires, Signal::derive(hint), errors, false, element)
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
    let contact = move |of: &Control| {
        view! {
            <select name="form[primary_contact]" required {..of.attributes()}>
                <option value="">{t_signal!(i18n, form.choose)}</option>
                {options}
            </select>
        }
    };
    let developers = move |of: &Control| {
        view! {
            <TextArea
                id=id(Field::Developers)
                name="form[developers]"
                value=developers
                rows="3"
                described_by=of.described_by()
                invalid=of.invalid()
            />
        }
    };
    view! {
        {labelled(Field::PrimaryContact, t_signal!(i18n, form.primary_contact_hint), errors, false, contact)}
        {labelled(Field::Developers, t_signal!(i18n, form.developers_hint), errors, true, developers)}
    }
}
