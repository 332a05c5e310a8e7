//! The fields of the security policy's form, each with its label, hint and problem.

use crate::i18n::{t_string, use_i18n};
use crate::ui::field::focus_id;
use crate::ui::raw_text::TextArea;
use crate::ui::reactive::t_signal;
use domain::account::security_policy::{PolicyProblem, RANGES_MAX};
use domain::tokens::expiry::Lifetime;
use leptos::prelude::*;

/// The id of the field for the longest lifetime.
const LIFETIME: &str = "policy-lifetime";
/// The id of the field for the address ranges.
const ADDRESSES: &str = "policy-addresses";

/// The form's current problems.
pub type Problems = RwSignal<Vec<PolicyProblem>>;

/// Shows these problems, and moves the focus to the first one's field.
pub fn show(problems: Problems, found: Vec<PolicyProblem>) {
    if let Some(problem) = found.first() {
        focus_id(if *problem == PolicyProblem::Lifetime { LIFETIME } else { ADDRESSES });
    }
    problems.set(found);
}

/// The field for the longest lifetime of Auth Tokens.
#[component]
pub fn LifetimeField(value: String, problems: Problems) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = move || problems.with(|problems| problems.contains(&PolicyProblem::Lifetime));
    let problem = move || wrong().then(|| t_string!(i18n, policy.lifetime_problem, max = Lifetime::MAX).to_string());
    view! {
        <div class="field">
            <label for=LIFETIME>
                <span class="label">{t_signal!(i18n, policy.lifetime)}</span>
                <span class="optional">{t_signal!(i18n, optional)}</span>
            </label>
            <p class="hint" id="policy-lifetime-hint">{t_signal!(i18n, policy.lifetime_hint)}</p>
            <input
                type="text"
                inputmode="numeric"
                class="short"
                id=LIFETIME
                name="form[token_lifetime]"
                value=value
                autocomplete="off"
                aria-describedby="policy-lifetime-hint policy-lifetime-error"
                aria-invalid=move || wrong().to_string()
            />
            <p class="problem" id="policy-lifetime-error">{problem}</p>
        </div>
    }
}

/// The choice whether Auth Tokens can be viewed again.
#[component]
pub fn ViewableField(checked: bool) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    name="form[tokens_viewable]"
                    value="true"
                    checked=checked
                    aria-describedby="policy-viewable-hint"
                />
                <span class="label">{t_signal!(i18n, policy.viewable)}</span>
            </label>
            <p class="hint" id="policy-viewable-hint">{t_signal!(i18n, policy.viewable_hint)}</p>
        </div>
    }
}

/// The field for the address ranges, with the problem of each line.
#[component]
pub fn AddressesField(value: String, own_address: String, problems: Problems) -> impl IntoView {
    let i18n = use_i18n();
    let found = move || {
        let of_lines = |problem: &PolicyProblem| match problem {
            PolicyProblem::Range { line, input } => {
                Some(t_string!(i18n, policy.range_problem, line = *line, input = input.as_str()).to_string())
            }
            PolicyProblem::TooManyRanges => Some(t_string!(i18n, problem.too_many, max = RANGES_MAX).to_string()),
            PolicyProblem::Lifetime => None,
        };
        problems.with(|problems| problems.iter().filter_map(of_lines).collect::<Vec<_>>())
    };
    let own = move || t_string!(i18n, policy.own_address, address = own_address.as_str()).to_string();
    view! {
        <div class="field">
            <label for=ADDRESSES>
                <span class="label">{t_signal!(i18n, policy.addresses)}</span>
                <span class="optional">{t_signal!(i18n, optional)}</span>
            </label>
            <p class="hint" id="policy-addresses-hint">{t_signal!(i18n, policy.addresses_hint)} " " {own}</p>
            <TextArea
                id=ADDRESSES
                name="form[allowed_addresses]"
                value
                rows="6"
                described_by="policy-addresses-hint policy-addresses-error"
                invalid=Signal::derive(move || !found().is_empty())
            />
            <ul class="problems" id="policy-addresses-error">
                {move || found().into_iter().map(|text| view! { <li class="problem">{text}</li> }).collect_view()}
            </ul>
        </div>
    }
}
