//! The fields of the forms to invite a user and to accept an invitation: label, hint and error around an input.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::fields::focus_id;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::members::membership::{MemberField, MemberFieldError};
use domain::text::Problem;
use leptos::prelude::*;

/// The form's current problems.
pub type MemberErrors = RwSignal<Vec<MemberFieldError>>;

/// Returns the id of the element that takes the focus when the field has an error.
pub const fn id(field: MemberField) -> &'static str {
    match field {
        MemberField::Name => "member-name",
        MemberField::Email => "member-email",
        MemberField::Role => "member-role",
        MemberField::Password => "member-password",
    }
}

/// Returns the ids of the elements that describe the field: its hint, then its error.
pub fn described_by(field: MemberField) -> String {
    format!("{0}-hint {0}-error", id(field))
}

/// Returns whether the field has an error, as a value of `aria-invalid`.
pub fn invalid(errors: MemberErrors, field: MemberField) -> impl Fn() -> String + Copy + Send + 'static {
    move || errors.with(|errors| errors.iter().any(|error| error.field == field)).to_string()
}

/// Shows these problems, and moves the focus to the first one's field.
pub fn show(errors: MemberErrors, found: Vec<MemberFieldError>) {
    if let Some(error) = found.first() {
        focus_id(id(error.field));
    }
    errors.set(found);
}

fn problem(i18n: Words, error: &MemberFieldError) -> String {
    match (&error.problem, error.field) {
        (Problem::Required, MemberField::Role) => t_string!(i18n, problem.required_choice).to_owned(),
        (problem, _) => words::problem_text(i18n, problem),
    }
}

/// Label, hint and error around an input with the field's [`id`].
#[component]
pub fn MemberLabelled(
    field: MemberField,
    #[prop(optional, into)] hint: Option<Signal<&'static str>>,
    errors: MemberErrors,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let label = match field {
        MemberField::Name => t_signal!(i18n, users.name),
        MemberField::Email => t_signal!(i18n, users.email),
        MemberField::Role => t_signal!(i18n, users.role),
        MemberField::Password => t_signal!(i18n, sign_in.password),
    };
    let found = move || {
        errors.with(|errors| errors.iter().find(|error| error.field == field).map(|error| problem(i18n, error)))
    };
    view! {
        <div class="field">
            <label class="label" for=id(field)>
                {label}
            </label>
            <p class="hint" id=format!("{}-hint", id(field))>
                {hint}
            </p>
            {children()}
            <p class="problem" id=format!("{}-error", id(field))>
                {found}
            </p>
        </div>
    }
}
