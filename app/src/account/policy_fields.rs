//! The fields of the security policy's form, each with its label, hint and problem.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::ui::field::{Control, FieldProblem, FormField, Problems};
use crate::ui::raw_text::TextArea;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use domain::account::security_policy::{PolicyProblem, RANGES_MAX};
use domain::tokens::expiry::Lifetime;
use domain::tokens::overlap::OverlapLimit;
use leptos::oco::Oco;
use leptos::prelude::*;

/// The id of the field for the longest lifetime.
const LIFETIME: &str = "policy-lifetime";
/// The id of the field for the longest overlap.
const OVERLAP: &str = "policy-overlap";
/// The id of the field for the address ranges.
const ADDRESSES: &str = "policy-addresses";

impl FieldProblem for PolicyProblem {
    fn id(&self) -> Oco<'static, str> {
        match self {
            Self::Lifetime => LIFETIME.into(),
            Self::Overlap => OVERLAP.into(),
            Self::Range { .. } | Self::TooManyRanges => ADDRESSES.into(),
        }
    }

    fn text(&self, i18n: Words) -> String {
        match self {
            Self::Lifetime => t_string!(i18n, policy.lifetime_problem, max = Lifetime::MAX).to_string(),
            Self::Overlap => {
                let (max, usual) = (OverlapLimit::MAX, OverlapLimit::default().days());
                t_string!(i18n, policy.overlap_problem, max = max, usual = usual).to_string()
            }
            Self::Range { line, input } => {
                t_string!(i18n, policy.range_problem, line = *line, input = input.as_str()).to_string()
            }
            Self::TooManyRanges => t_string!(i18n, problem.too_many, max = RANGES_MAX).to_string(),
        }
    }

    fn answered(error: AppError) -> Option<Vec<Self>> {
        if let AppError::InvalidPolicy(found) = error { Some(found) } else { None }
    }
}

/// The field for the longest lifetime of Auth Tokens.
#[component]
pub fn LifetimeField(value: String, problems: Problems<PolicyProblem>) -> impl IntoView {
    let i18n = use_i18n();
    let control = problems.control(LIFETIME);
    let hint = Signal::derive(move || t_string!(i18n, policy.lifetime_hint).to_owned());
    view! {
        <FormField control=control.clone() label=t_signal!(i18n, policy.lifetime) hint optional=true>
            {days_input("form[token_lifetime]", value, control)}
        </FormField>
    }
}

/// The field for the longest overlap after a reset.
#[component]
pub fn OverlapField(value: String, problems: Problems<PolicyProblem>) -> impl IntoView {
    let i18n = use_i18n();
    let control = problems.control(OVERLAP);
    let hint = Signal::derive(move || {
        let (max, usual) = (OverlapLimit::MAX, OverlapLimit::default().days());
        t_string!(i18n, policy.overlap_hint, max = max, usual = usual).to_string()
    });
    view! {
        <FormField control=control.clone() label=t_signal!(i18n, policy.overlap) hint optional=true>
            {days_input("form[longest_overlap]", value, control)}
        </FormField>
    }
}

/// Returns the input of a number of days.
fn days_input(name: &'static str, value: String, control: Control) -> AnyView {
    view! {
        <input
            type="text"
            inputmode="numeric"
            class="short"
            name=name
            value=value
            autocomplete="off"
            {..control.attributes()}
        />
    }
    .into_any()
}

/// The choice whether Auth Tokens can be viewed again.
#[component]
pub fn ViewableField(checked: bool) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <ChoiceField
            id="policy-viewable"
            name="form[tokens_viewable]"
            label=t_signal!(i18n, policy.viewable)
            hint=t_signal!(i18n, policy.viewable_hint)
            checked
        />
    }
}

/// The choice whether every user needs a second factor.
#[component]
pub fn SecondFactorField(checked: bool) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <ChoiceField
            id="policy-second-factor"
            name="form[second_factor_required]"
            label=t_signal!(i18n, policy.require_second_factor)
            hint=t_signal!(i18n, policy.second_factor_hint)
            checked
        />
    }
}

/// A check box with its hint.
#[component]
fn ChoiceField(
    id: &'static str,
    name: &'static str,
    label: Signal<&'static str>,
    hint: Signal<&'static str>,
    checked: bool,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    id=id
                    name=name
                    value="true"
                    checked=checked
                    aria-describedby=hint_id.clone()
                />
                <span class="label">{label}</span>
            </label>
            <p class="hint" id=hint_id>{hint}</p>
        </div>
    }
}

/// The field for the address ranges, with the problem of each line.
#[component]
pub fn AddressesField(value: String, own_address: String, problems: Problems<PolicyProblem>) -> impl IntoView {
    let i18n = use_i18n();
    let control = problems.control(ADDRESSES);
    let found = problems.texts(ADDRESSES);
    let hint = move || {
        let own = t_string!(i18n, policy.own_address, address = own_address.as_str()).to_string();
        format!("{} {own}", t_string!(i18n, policy.addresses_hint))
    };
    view! {
        // Without the control's own problem: there may be several.
        <FormField
            control=Control::new(ADDRESSES)
            label=t_signal!(i18n, policy.addresses)
            hint=Signal::derive(hint)
            optional=true
        >
            <TextArea
                id=ADDRESSES
                name="form[allowed_addresses]"
                value
                rows="6"
                described_by=control.described_by()
                invalid=control.invalid()
            />
            <ul class="problems" id="policy-addresses-error">
                {move || found.get().into_iter().map(|text| view! { <li class="problem">{text}</li> }).collect_view()}
            </ul>
        </FormField>
    }
}
