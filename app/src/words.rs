//! What the values of the domain are called in the person's language.

use crate::i18n::{Locale, t_string};
use domain::filter::{CreatedOn, Sort};
use domain::role::Role;
use domain::scope::Name;
use domain::text::{Field, FieldError, Problem};
use domain::token::{Step, TokenState};
use leptos_i18n::I18nContext;

/// The language that a component speaks, and its texts.
pub type Words = I18nContext<Locale>;

/// The name in the language of the page.
pub fn name(i18n: Words, name: Name) -> &'static str {
    match i18n.get_locale() {
        Locale::en => name.en,
        Locale::ja => name.ja,
    }
}

/// What people call the role.
pub fn role(i18n: Words, role: Role) -> &'static str {
    match role {
        Role::AccountAdministrator => t_string!(i18n, role.account_administrator),
        Role::ImplementationSpecialist => t_string!(i18n, role.implementation_specialist),
        Role::Analyst => t_string!(i18n, role.analyst),
        Role::Finance => t_string!(i18n, role.finance),
        Role::PerformanceMarketingManager => t_string!(i18n, role.performance_marketing_manager),
    }
}

/// What people call the state.
pub fn state(i18n: Words, state: TokenState) -> &'static str {
    match state {
        TokenState::Enabled => t_string!(i18n, state.enabled),
        TokenState::Disabled => t_string!(i18n, state.disabled),
    }
}

/// What the filter calls the time of creation.
pub fn created_on(i18n: Words, created: CreatedOn) -> &'static str {
    match created {
        CreatedOn::Last7Days => t_string!(i18n, filter.last_7_days),
        CreatedOn::Last30Days => t_string!(i18n, filter.last_30_days),
        CreatedOn::MoreThan30Days => t_string!(i18n, filter.more_than_30_days),
    }
}

/// What the list calls the order.
pub fn sort(i18n: Words, sort: Sort) -> &'static str {
    match sort {
        Sort::Created => t_string!(i18n, tokens.sort_created),
        Sort::Name => t_string!(i18n, tokens.sort_name),
        Sort::LastUsed => t_string!(i18n, tokens.sort_last_used),
    }
}

/// What the step of creating a token is called.
pub fn step(i18n: Words, step: Step) -> &'static str {
    match step {
        Step::Setup => t_string!(i18n, form.setup),
        Step::ContactInformation => t_string!(i18n, form.contact),
        Step::ApiScopes => t_string!(i18n, form.scopes),
    }
}

/// What the field is called.
pub fn field(i18n: Words, field: Field) -> &'static str {
    match field {
        Field::Name => t_string!(i18n, form.name),
        Field::Description => t_string!(i18n, form.description),
        Field::ApiVersion => t_string!(i18n, form.api_version),
        Field::PrimaryContact => t_string!(i18n, form.primary_contact),
        Field::Developers => t_string!(i18n, form.developers),
        Field::Scopes => t_string!(i18n, form.scopes),
    }
}

/// What is wrong with a field, and what to do about it.
pub fn problem(i18n: Words, error: &FieldError) -> String {
    match (&error.problem, error.field) {
        (Problem::Required, Field::Scopes) => t_string!(i18n, problem.required_scope).to_owned(),
        (Problem::Required, Field::PrimaryContact | Field::ApiVersion) => {
            t_string!(i18n, problem.required_choice).to_owned()
        }
        (Problem::Required, _) => t_string!(i18n, problem.required).to_owned(),
        (Problem::TooShort { min }, _) => t_string!(i18n, problem.too_short, min = *min).to_string(),
        (Problem::TooLong { max }, _) => t_string!(i18n, problem.too_long, max = *max).to_string(),
        (Problem::TooMany { max }, _) => t_string!(i18n, problem.too_many, max = *max).to_string(),
        (Problem::UnsupportedCharacters, _) => t_string!(i18n, problem.unsupported_characters).to_owned(),
        (Problem::NotAnEmail { input }, _) => t_string!(i18n, problem.not_an_email, input = input.as_str()).to_string(),
        (Problem::UnknownValue, _) => t_string!(i18n, problem.unknown_value).to_owned(),
    }
}
