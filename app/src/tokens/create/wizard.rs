//! The form in three steps.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::request::request_id::new_request_id;
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::api::Create;
use crate::tokens::create::review::Review;
use crate::tokens::create::steps::{Steps, heading_id, next, number, of_history, previous};
use crate::tokens::fields::{Contacts, Errors, ExpiryField, NameAndDescription, ScopesField, VersionField};
use crate::ui::action_form::{ActionForm, FormActions, Submit, failure, read, stop};
use crate::ui::field::focus_id;
use crate::ui::history_entry::EntryValue;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::typed::{Draft, TypedContent};
use crate::ui::unsaved::AskBeforeLeaving;
use crate::words;
use domain::members::membership::Contact;
use domain::text::FieldError;
use domain::tokens::expiry::Terms;
use domain::tokens::scope::Scopes;
use domain::tokens::token::{Step, TokenForm};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// The state of the form.
#[derive(Clone, Copy)]
struct Wizard {
    pending: Memo<bool>,
    step: RwSignal<Step>,
    errors: Errors,
    /// The error to show beside the buttons.
    error: Signal<Option<AppError>>,
    /// The element around the form.
    form: NodeRef<html::Div>,
    people: StoredValue<Vec<Contact>>,
    terms: Terms,
    hydrated: Signal<bool>,
}

impl Wizard {
    /// Returns the problems of the values typed so far.
    fn problems(self) -> Vec<FieldError> {
        let Some(call) = read::<Create>(self.form) else { return Vec::new() };
        self.people.with_value(|people| call.form.validate(people, None, &self.terms).err().unwrap_or_default())
    }

    /// Shows the problems, in the step of the first.
    fn show(self, found: Vec<FieldError>) {
        if let Some(first) = found.first() {
            self.step.set(first.field.step());
            EntryValue::Step.set(number(first.field.step()));
        }
        self.errors.show(found);
    }

    /// Goes on to the next step, unless there are problems up to here.
    fn go_on(self) {
        let here = self.step.get_untracked();
        let found: Vec<_> = self.problems().into_iter().filter(|error| error.field.step() <= here).collect();
        if found.is_empty() {
            self.go(next(here));
        } else {
            self.show(found);
        }
    }

    /// Goes to the step, if there is one. The browser's Back leads to the step before.
    fn go(self, to: Option<Step>) {
        if let Some(step) = to {
            EntryValue::Step.push(number(step));
            self.open(step);
        }
    }

    fn open(self, step: Step) {
        self.errors.clear();
        self.step.set(step);
        focus_id(heading_id(step));
    }

    /// Follows the browser's Back and Forward from step to step.
    fn follow_history(self) {
        Effect::new(move |_| {
            let listener = window_event_listener(ev::popstate, move |_| {
                // Unless the form is left.
                if window().location().pathname().is_ok_and(|path| path == routes::NEW_TOKEN) {
                    self.open(of_history());
                }
            });
            on_cleanup(move || listener.remove());
        });
    }

    /// Shows the draft that was kept before the page was loaded again, in its step.
    fn restore(self, draft: Draft) {
        Effect::new(move |_| {
            if self.hydrated.get() && self.form.get().is_some() && draft.restore() {
                self.step.set(of_history());
            }
        });
    }

    fn submit(self, event: &ev::SubmitEvent) {
        // Enter in a field submits the form; before the last step it leads to the next one.
        if next(self.step.get_untracked()).is_some() {
            stop(event);
            return self.go_on();
        }
        let found = self.problems();
        if self.pending.get_untracked() || !found.is_empty() {
            stop(event);
        }
        self.show(found);
    }

    /// Returns the section of a step. Without our wasm all are shown.
    fn section(self, step: Step, fields: AnyView) -> impl IntoView {
        let i18n = use_i18n();
        view! {
            <section
                class="panel form-section"
                aria-labelledby=heading_id(step)
                hidden=move || self.hydrated.get() && self.step.get() != step
            >
                <h2 id=heading_id(step) tabindex="-1">{move || words::step(i18n, step)}</h2>
                {fields}
            </section>
        }
    }

    /// Returns the buttons below the form.
    fn buttons(self) -> impl IntoView {
        let i18n = use_i18n();
        let Self { pending, step, error, hydrated, .. } = self;
        view! {
            <FormActions error>
                <a class="button quiet" href=routes::TOKENS>{t_signal!(i18n, cancel)}</a>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="button"
                    hidden=move || !hydrated.get() || previous(step.get()).is_none()
                    on:click=move |_| self.go(previous(step.get_untracked()))
                >
                    {t_signal!(i18n, back)}
                </button>
                <button
                    type="button"
                    class="button primary"
                    hidden=move || !hydrated.get() || next(step.get()).is_none()
                    on:click=move |_| self.go_on()
                >
                    {t_signal!(i18n, next)}
                </button>
                <Submit
                    pending
                    label=t_signal!(i18n, form.create)
                    busy=t_signal!(i18n, form.creating)
                    attr:hidden=move || hydrated.get() && next(step.get()).is_some()
                />
            </FormActions>
        }
    }
}

/// The three steps. All their fields are in one form, so Back and Next lose nothing; without our wasm all three are
/// shown.
#[component]
pub fn WizardForm(create: ServerAction<Create>, people: Vec<Contact>, terms: Terms) -> impl IntoView {
    let errors = Errors::new();
    let wizard = Wizard {
        pending: create.pending(),
        step: RwSignal::new(Step::Setup),
        errors,
        error: errors.or(failure(create)),
        form: NodeRef::new(),
        people: StoredValue::new(people.clone()),
        terms,
        hydrated: use_hydrated(),
    };
    let asker = use_current_user();
    let blank = TokenForm::blank(asker.user.id);
    let key = format!("draft {} {} {}", routes::NEW_TOKEN, asker.account.0, asker.user.id.0);
    let draft = Draft::new(TypedContent::new(wizard.form), key);
    wizard.restore(draft);
    wizard.follow_history();
    Effect::new(move |_| match create.value().get() {
        Some(Ok(_)) => draft.remove(),
        Some(Err(AppError::Invalid(found))) => wizard.show(found),
        Some(Err(_)) | None => {}
    });
    let keep = move || draft.keep();
    let setup = view! {
        <NameAndDescription name=blank.name description=blank.description errors/>
        <VersionField version=blank.api_version errors/>
        <ExpiryField terms errors/>
    };
    let contacts = view! {
        <Contacts primary_contact=blank.primary_contact developers=blank.developers people errors/>
    };
    let chosen = RwSignal::new(Scopes::default());
    let scopes = view! { <ScopesField scopes=Scopes::default() chosen errors/> };
    view! {
        <div class="narrow">
            <Steps step=wizard.step on_back=Callback::new(move |step| wizard.go(Some(step)))/>
            <div
                node_ref=wizard.form
                on:input=move |_| keep()
                on:change=move |_| keep()
                // A button may change what is chosen.
                on:click=move |_| keep()
            >
                <ActionForm
                    action=create
                    on:submit:capture=move |event| wizard.submit(&event)
                    attr:novalidate=wizard.hydrated
                >
                    <input type="hidden" name="request" value=new_request_id().to_string()/>
                    {wizard.section(Step::Setup, setup.into_any())}
                    {wizard.section(Step::ContactInformation, contacts.into_any())}
                    {wizard.section(Step::ApiScopes, scopes.into_any())}
                    <Review form=wizard.form step=wizard.step chosen people=wizard.people/>
                    {wizard.buttons()}
                </ActionForm>
            </div>
            <AskBeforeLeaving
                id="leave"
                changed=Callback::new(move |()| draft.is_needed())
                on_leave=Callback::new(move |()| draft.remove())
            />
        </div>
    }
}
