//! The page of the agency's company profile.

use crate::account::api::company_information::{UpdateCompanyInformation as Save, company_information};
use crate::account::company_fields::{CompanyForm, CompanySection, full_name, id, in_order, same_id};
use crate::account::published_choices::PublishedSuggestions;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::shell::failed::Failed;
use crate::ui::action_form::{ActionForm, FormActions, Submit, read, stop};
use crate::ui::error_note::alert;
use crate::ui::field::Problems;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::saved_note::saved_note;
use crate::ui::toasts::use_toasts;
use crate::ui::unsaved::AskBeforeLeaving;
use domain::Refusal;
use domain::account::company::ProfileField;
use domain::account::company_form::{Section, Values, fields, problems, with_copies};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

/// The page, for users whose role has the permission.
#[component]
pub fn CompanyInformation() -> impl IntoView {
    let i18n = use_i18n();
    let loads = RwSignal::new(0_u32);
    let loaded = Resource::new(move || loads.get(), |load| async move { (load, company_information().await) });
    let reload = Callback::new(move |()| loads.update(|loads| *loads += 1));
    let page = move |(_, loaded): (_, Result<Values, AppError>)| match loaded {
        Ok(values) => view! { <Editor values reload/> }.into_any(),
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, company.title).to_owned())/>
        <div class="page-head narrow">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, company.title)}</h1>
            <p class="lead">{t_signal!(i18n, company.lead)}</p>
        </div>
        <div class="narrow company-page">
            {saved_note(t_signal!(i18n, company.saved))}
            <Transition>
                // Recreated after each load: otherwise a field would keep what was typed into it.
                <For each=move || loaded.get() key=|(load, _)| *load children=page/>
            </Transition>
        </div>
    }
}

/// A conflict with another user's change: the fields that both changed, if they are known.
type Conflict = RwSignal<Option<Vec<(Section, ProfileField)>>>;

/// The form. `reload` reads the profile again, and discards what was typed. Without our wasm, errors are shown and the
/// values have to be typed again.
#[component]
fn Editor(values: Values, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let save = ServerAction::<Save>::new();
    let pending = save.pending();
    let in_conflict = save.value().get_untracked() == Some(Err(AppError::Refused(Refusal::Conflict)));
    let form = CompanyForm {
        loaded: RwSignal::new(values.clone()),
        shown: RwSignal::new(values),
        problems: Problems::of(save),
    };
    let conflict: Conflict = RwSignal::new(in_conflict.then(Vec::new));
    let around = NodeRef::<html::Div>::new();
    let sent = StoredValue::new(None::<Save>);
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read_copied(around) else { return };
        let found = in_order(problems(&call.loaded, &call.typed, &call.same));
        if pending.get_untracked() || !found.is_empty() {
            stop(&event);
        } else {
            sent.set_value(Some(call));
        }
        form.problems.show(found);
    };
    follow_up(save, sent, form, conflict, around);
    let changed = move |()| read_copied(around).is_some_and(|call| call.typed != call.loaded);
    let error =
        move || save.value().get().and_then(Result::err).filter(|error| *error != AppError::Refused(Refusal::Conflict));
    view! {
        <div node_ref=around>
            <ActionForm action=save on:submit:capture=on_submit attr:novalidate=hydrated>
                <PublishedSuggestions/>
                {Section::ALL.map(|section| view! { <CompanySection section form/> }).collect_view()}
                <ConflictNote conflict reload/>
                <FormActions error=form.problems.or(Signal::derive(error))>
                    <a class="button quiet" href=routes::SETTINGS>{t_signal!(i18n, cancel)}</a>
                    <span class="spacer"></span>
                    <Submit pending label=t_signal!(i18n, company.save) busy=t_signal!(i18n, company.saving)/>
                </FormActions>
            </ActionForm>
        </div>
        <AskBeforeLeaving id="leave" changed=Callback::new(changed)/>
    }
}

/// Handles the answer: saved, invalid fields, or a conflict with another user's change.
fn follow_up(
    save: ServerAction<Save>,
    sent: StoredValue<Option<Save>>,
    form: CompanyForm,
    conflict: Conflict,
    around: NodeRef<html::Div>,
) {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let follow = move |answer: Option<Result<Values, AppError>>| match answer {
        Some(Ok(saved)) => {
            let Some(Save { loaded, typed, .. }) = sent.get_value() else { return };
            let of_others = |(field, value): (&String, &String)| {
                loaded.get(field) == typed.get(field) && loaded.get(field) != Some(value)
            };
            let remark = if saved.iter().any(of_others) { t_string!(i18n, company.others_kept) } else { "" };
            toasts.say(format!("{} {remark}", t_string!(i18n, company.saved)).trim_end().to_owned());
            conflict.set(None);
            take(form, around, saved, &typed);
        }
        Some(Err(AppError::Refused(Refusal::Conflict))) => {
            spawn_local(async move {
                if let Ok(theirs) = company_information().await {
                    find_out(form, conflict, around, theirs);
                }
            });
        }
        Some(Err(_)) | None => {} // shown beside the fields, or the button
    };
    Effect::new(move |_| {
        let answer = save.value().get();
        // Handled once, and not again when the language changes.
        untrack(|| follow(answer));
    });
}

/// Shows which fields both users have changed. Other changes of theirs are taken over, and the next save is based on
/// their profile.
fn find_out(form: CompanyForm, conflict: Conflict, around: NodeRef<html::Div>, theirs: Values) {
    let Some(Save { loaded, typed, .. }) = read_copied(around) else { return };
    let by_both = |field: &String| {
        let [loaded, typed, theirs] = [&loaded, &typed, &theirs].map(|values| values.get(field));
        typed != loaded && theirs != loaded && typed != theirs
    };
    let by_both = fields().filter(|(_, _, field)| by_both(field)).map(|(section, field, _)| (section, field));
    conflict.set(Some(by_both.collect()));
    take(form, around, theirs, &loaded);
}

/// Reads the form. The typed values are those that will be stored: copied where a check box says so.
fn read_copied(around: NodeRef<html::Div>) -> Option<Save> {
    let call = read::<Save>(around)?;
    Some(Save { typed: with_copies(&call.typed, &call.same), ..call })
}

/// Takes over the stored values, and shows them in the fields whose value still equals the one in `unless_typed`. A check
/// box is set if this is so of its whole section.
fn take(form: CompanyForm, around: NodeRef<html::Div>, stored: Values, unless_typed: &Values) {
    let Some(Save { typed, same, .. }) = read::<Save>(around) else { return };
    let copied = with_copies(&typed, &same);
    let is_untouched = |field: &String| copied.get(field) == unless_typed.get(field);
    form.shown.update(|shown| {
        for (field, value) in stored.iter().filter(|entry| is_untouched(entry.0)) {
            let before = shown.insert(field.clone(), value.clone());
            // The signal does not notify if the stored value is the same as before although another was typed: both are
            // masked alike.
            if before.as_ref() == Some(value) && typed.get(field) != Some(value) {
                set(&id(field), |input| input.set_value(value));
            }
        }
    });
    for section in Section::ALL.into_iter().filter(|section| section.original().is_some()) {
        if section.fields().iter().all(|field| is_untouched(&section.full_name(*field))) {
            set(&same_id(section), |input| input.set_checked(section.is_copy(&stored)));
        }
    }
    form.loaded.set(stored);
}

fn set(id: &str, change: impl FnOnce(web_sys::HtmlInputElement)) {
    if let Some(input) = document().get_element_by_id(id).and_then(|found| found.dyn_into().ok()) {
        change(input);
    }
}

/// Says what another user changed, and how to continue.
#[component]
fn ConflictNote(conflict: Conflict, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let text = move |fields: Vec<(Section, ProfileField)>| {
        let names: Vec<_> = fields.into_iter().map(|(section, field)| full_name(i18n, section, field)).collect();
        if names.is_empty() {
            t_string!(i18n, company.conflict_plain).to_owned()
        } else {
            t_string!(i18n, company.conflict_text, fields = names.join(t_string!(i18n, separator))).to_string()
        }
    };
    let note = move |fields: Vec<_>| {
        // A page that has just loaded already shows the other user's values.
        let load = !fields.is_empty();
        view! {
            <div class="note warning">
                {Icon::Alert.view()}
                <div>
                    <p><strong>{t_signal!(i18n, company.conflict_title)}</strong></p>
                    <p>{text(fields)}</p>
                    <button type="button" class="button small" hidden=!load on:click=move |_| reload.run(())>
                        {t_signal!(i18n, form.load_theirs)}
                    </button>
                </div>
            </div>
        }
    };
    alert(move || conflict.with(Option::is_some), move || conflict.get().map(note))
}
