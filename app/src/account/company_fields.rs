//! The fields of the company profile, by section, each with its label, hint and error. A plain form sends the loaded
//! values along with the typed ones.

use crate::account::published_choices::{choices, suggestions_id};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::ui::combobox::Combobox;
use crate::ui::field::{Control, FieldProblem, FormField, Problems};
use crate::ui::reactive::{settled, t_signal, text};
use crate::words::Words;
use domain::account::company::{FieldKind, ProfileField};
use domain::account::company_form::{Section, Values, fields};
use domain::account::company_update::{Expected, ProfileProblem};
use domain::account::published_list::PublishedList;
use leptos::oco::Oco;
use leptos::prelude::*;

/// The values of a form, and their problems.
#[derive(Clone, Copy)]
pub struct CompanyForm {
    /// The values loaded last, with which the typed ones are compared.
    pub loaded: RwSignal<Values>,
    /// The values that the form itself has put into its fields. A field is updated when its value here changes;
    /// otherwise it keeps what was typed.
    pub shown: RwSignal<Values>,
    /// The form's current problems.
    pub problems: Problems<ProfileProblem>,
}

impl FieldProblem for ProfileProblem {
    fn id(&self) -> Oco<'static, str> {
        id(&self.field).into()
    }

    fn text(&self, i18n: Words) -> String {
        problem_text(i18n, self.expected)
    }

    fn answered(error: AppError) -> Option<Vec<Self>> {
        if let AppError::InvalidProfile(found) = error { Some(in_order(found)) } else { None }
    }
}

/// Returns the problems in the order of the form's fields.
pub fn in_order(mut found: Vec<ProfileProblem>) -> Vec<ProfileProblem> {
    found.sort_by_key(|problem| fields().position(|(_, _, field)| field == problem.field));
    found
}

/// Returns the id of the element that takes the focus when the field has an error.
pub fn id(field: &str) -> String {
    format!("company-{}", field.replace('.', "-"))
}

/// Returns the id of the check box by which a section takes over the values of its original.
pub fn same_id(section: Section) -> String {
    let section: &str = section.into();
    format!("company-same-{section}")
}

/// The fields of a section. Those that have the values of its original are folded by the style sheet, which needs no wasm.
#[component]
pub fn CompanySection(section: Section, form: CompanyForm) -> impl IntoView {
    let i18n = use_i18n();
    let field = |field: &ProfileField| field_view(*field, section.full_name(*field), form);
    view! {
        <fieldset class="panel form-section company-section">
            <legend>
                <h2>{move || section_name(i18n, section)}</h2>
            </legend>
            {section.original().map(|original| same_view(section, original, form))}
            <div class="company-fields">{section.fields().iter().map(field).collect_view()}</div>
        </fieldset>
    }
}

/// Returns the check box by which the section takes over the original's values.
fn same_view(section: Section, original: Section, form: CompanyForm) -> AnyView {
    let i18n = use_i18n();
    let text = if original == Section::CorporateAddress {
        t_signal!(i18n, company.same_as_corporate)
    } else {
        t_signal!(i18n, company.same_as_financial)
    };
    let name: &'static str = section.into();
    view! {
        <label class="choice company-same">
            <input
                type="checkbox"
                id=same_id(section)
                name="same[]"
                value=name
                checked=form.loaded.with_untracked(|loaded| section.is_copy(loaded))
            />
            <span>{text}</span>
        </label>
    }
    .into_any()
}

/// Returns the view of one field. All text inputs share one type of view, and all selects another.
fn field_view(of: ProfileField, field: String, form: CompanyForm) -> AnyView {
    let i18n = use_i18n();
    let control = form.problems.control(id(&field));
    let first = form.shown.with_untracked(|values| value(values, &field));
    let [of_shown, of_loaded] = [(); 2].map(|()| field.clone());
    // The field takes the value each time that the signal notifies it, and must not if the value is the same.
    let shown = settled(move || form.shown.with(|values| value(values, &of_shown)));
    let loaded = Signal::derive(move || form.loaded.with(|values| value(values, &of_loaded)));
    let label = Signal::derive(move || label(i18n, of));
    let input = match of.kind() {
        FieldKind::OneOf(choices) => choice_input(choices, &control, &field, first, shown),
        FieldKind::Listed(list) => listed_input(list, control.clone(), &field, label, first, shown),
        FieldKind::Line | FieldKind::Required | FieldKind::Digits | FieldKind::Email => view! {
            <input
                type=input_type(of.kind())
                name=typed_name(&field)
                value=first
                prop:value=shown
                required=of.kind() == FieldKind::Required
                autocomplete="off"
                dir="auto"
                {..control.attributes()}
            />
        }
        .into_any(),
    };
    let loaded = view! { <input type="hidden" name=format!("loaded[{field}]") value=loaded/> };
    view! { <FormField control label hint=hint(i18n, of)>{input} {loaded}</FormField> }.into_any()
}

/// Returns the select of a field that takes one of these values.
fn choice_input(
    choices: &'static [&'static str],
    control: &Control,
    field: &str,
    first: String,
    shown: Signal<String>,
) -> AnyView {
    let i18n = use_i18n();
    let option = |choice: &&'static str| {
        let choice = *choice;
        let text = move || choice_text(i18n, choice);
        view! { <option value=choice selected=choice == first>{text}</option> }
    };
    view! {
        <select {..control.attributes()} name=typed_name(field) prop:value=shown>
            {choices.iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}

/// Returns the input of a field whose values a list offers.
fn listed_input(
    list: PublishedList,
    control: Control,
    field: &str,
    label: Signal<&'static str>,
    first: String,
    shown: Signal<String>,
) -> AnyView {
    let i18n = use_i18n();
    view! {
        <Combobox
            control
            id=id(field)
            name=typed_name(field)
            label
            first
            shown
            suggestions=suggestions_id(list)
            choices=Callback::new(move |()| choices(list, i18n.get_locale_untracked()))
            none=t_signal!(i18n, problem.unknown_value)
        />
    }
    .into_any()
}

/// Returns the name of the field's input in the form.
fn typed_name(field: &str) -> String {
    format!("typed[{field}]")
}

fn value(values: &Values, field: &str) -> String {
    values.get(field).cloned().unwrap_or_default()
}

fn input_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Email => "email",
        FieldKind::Digits => "tel",
        _ => "text",
    }
}

/// Returns the field's name together with its section's.
pub fn full_name(i18n: Words, section: Section, field: ProfileField) -> String {
    let (section, field) = (section_name(i18n, section), label(i18n, field));
    t_string!(i18n, company.field_of, section = section, field = field).to_string()
}

fn section_name(i18n: Words, section: Section) -> &'static str {
    match section {
        Section::Company => t_string!(i18n, company.company),
        Section::Tax => t_string!(i18n, company.tax),
        Section::CorporateAddress => t_string!(i18n, company.corporate_address),
        Section::BillingAddress => t_string!(i18n, company.billing_address),
        Section::FinancialContact => t_string!(i18n, company.financial_contact),
        Section::TechnicalContact => t_string!(i18n, company.technical_contact),
        Section::SecurityContact => t_string!(i18n, company.security_contact),
        Section::CommercialContact => t_string!(i18n, company.commercial_contact),
    }
}

fn label(i18n: Words, field: ProfileField) -> &'static str {
    match field {
        ProfileField::CompanyName => t_string!(i18n, company.company_name),
        ProfileField::Website => t_string!(i18n, company.website),
        ProfileField::PrimaryPhoneNumber => t_string!(i18n, company.primary_phone),
        ProfileField::PrimaryPhoneNumberCountry => t_string!(i18n, company.primary_phone_country),
        ProfileField::SecondaryPhoneNumber => t_string!(i18n, company.secondary_phone),
        ProfileField::SecondaryPhoneNumberCountry => t_string!(i18n, company.secondary_phone_country),
        ProfileField::Timezone => t_string!(i18n, company.timezone),
        ProfileField::Currency => t_string!(i18n, company.currency),
        ProfileField::OrganizationType => t_string!(i18n, company.organization_type),
        ProfileField::MinimumContactRating => t_string!(i18n, company.minimum_contact_rating),
        ProfileField::RegisteredForIndirectTax => t_string!(i18n, company.registered_for_indirect_tax),
        ProfileField::IndirectTaxNumber => t_string!(i18n, company.indirect_tax_number),
        ProfileField::EinSsnForeignTaxId => t_string!(i18n, company.tax_id),
        ProfileField::AddressLine1 => t_string!(i18n, company.address_line_1),
        ProfileField::AddressLine2 => t_string!(i18n, company.address_line_2),
        ProfileField::City => t_string!(i18n, company.city),
        ProfileField::State => t_string!(i18n, company.state),
        ProfileField::PostalCode => t_string!(i18n, company.postal_code),
        ProfileField::Country => t_string!(i18n, company.country),
        ProfileField::Name => t_string!(i18n, company.name),
        ProfileField::Email => t_string!(i18n, company.email),
        ProfileField::WorkPhoneNumber => t_string!(i18n, company.work_phone),
        ProfileField::WorkPhoneNumberCountry => t_string!(i18n, company.work_phone_country),
        ProfileField::CellPhoneNumber => t_string!(i18n, company.cell_phone),
        ProfileField::CellPhoneNumberCountry => t_string!(i18n, company.cell_phone_country),
        ProfileField::UserId => t_string!(i18n, company.user_id),
    }
}

fn hint(i18n: Words, field: ProfileField) -> Signal<&'static str> {
    match field {
        ProfileField::PrimaryPhoneNumber => t_signal!(i18n, company.phone_hint),
        ProfileField::PrimaryPhoneNumberCountry => t_signal!(i18n, company.country_hint),
        ProfileField::Timezone => t_signal!(i18n, company.timezone_hint),
        ProfileField::Currency => t_signal!(i18n, company.currency_hint),
        ProfileField::MinimumContactRating => t_signal!(i18n, company.rating_hint),
        ProfileField::RegisteredForIndirectTax => t_signal!(i18n, company.indirect_tax_hint),
        ProfileField::EinSsnForeignTaxId => t_signal!(i18n, company.tax_id_hint),
        _ => text(i18n, |_| ""),
    }
}

fn choice_text(i18n: Words, choice: &'static str) -> &'static str {
    match choice {
        "" => t_string!(i18n, company.not_set),
        "true" => t_string!(i18n, company.yes),
        "false" => t_string!(i18n, company.no),
        "CORP" => t_string!(i18n, company.corporation),
        "NONP_GOV" => t_string!(i18n, company.non_profit),
        "OTHER" => t_string!(i18n, company.other_organization),
        number => number,
    }
}

fn problem_text(i18n: Words, expected: Expected) -> String {
    match expected {
        Expected::Something => t_string!(i18n, problem.required).to_owned(),
        Expected::Line(max) => t_string!(i18n, problem.line, max = max).to_string(),
        Expected::Digits => t_string!(i18n, problem.digits).to_owned(),
        Expected::Email => t_string!(i18n, problem.email).to_owned(),
        // The last three come from no form of ours.
        Expected::OneOf | Expected::Listed | Expected::KnownField | Expected::Object | Expected::String => {
            t_string!(i18n, problem.unknown_value).to_owned()
        }
    }
}
