//! The page to create an access token, in three steps.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::request_id::new_request_id;
use crate::routes;
use crate::shell::failed::Failed;
use crate::sign_in::allowed::{allowed, use_current_user};
use crate::tokens::api::{Create, people, terms};
use crate::tokens::commands::use_token_changes;
use crate::tokens::fields::{Contacts, Errors, ExpiryField, NameAndDescription, ScopesField, VersionField};
use crate::tokens::secret_dialog::SecretDialog;
use crate::ui::action_form::{ActionForm, Submit, failure, read, stop};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::focus_id;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::use_toasts;
use crate::words;
use domain::members::membership::Contact;
use domain::members::role::Permission;
use domain::text::FieldError;
use domain::tokens::expiry::Terms;
use domain::tokens::scope::Scopes;
use domain::tokens::token::{Step, TokenForm};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};

/// The page, for users whose role has the permission.
pub struct NewToken;

#[lazy_route]
impl LazyRoute for NewToken {
    fn data() -> Self {
        Self
    }

    fn view(NewToken: Self) -> AnyView {
        allowed(Permission::ManageTokens, || NewTokenPage().into_any())
    }
}

#[component]
fn NewTokenPage() -> impl IntoView {
    let i18n = use_i18n();
    let loaded = Resource::new(|| (), |()| people_and_terms());
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, form.title_new).to_owned())/>
        <div class="page-head narrow">
            <a class="back" href=routes::TOKENS>{Icon::ChevronLeft.view()} {t_signal!(i18n, tokens.title)}</a>
            <h1>{t_signal!(i18n, form.title_new)}</h1>
        </div>
        <Transition>
            {move || {
                loaded
                    .get()
                    .map(|loaded| match loaded {
                        Ok((people, terms)) => view! { <Wizard people terms/> }.into_any(),
                        Err(error) => view! { <Failed error whole=true/> }.into_any(),
                    })
            }}
        </Transition>
    }
}

async fn people_and_terms() -> Result<(Vec<Contact>, Terms), AppError> {
    Ok((people().await?, terms().await?))
}

/// The three steps. All their fields are in one form, so Back and Next lose nothing; without our wasm all three are
/// shown.
#[component]
fn Wizard(people: Vec<Contact>, terms: Terms) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let create = ServerAction::<Create>::new();
    let pending = create.pending();
    let step = RwSignal::new(Step::Setup);
    let errors: Errors = Errors::new();
    let form = NodeRef::<html::Div>::new();
    let blank = TokenForm::blank(use_current_user().user.id);
    let known = StoredValue::new(people.clone());

    let check = move |form: &TokenForm| {
        known.with_value(|people| form.validate(people, None, &terms).err().unwrap_or_default())
    };
    let show = move |found: Vec<FieldError>| {
        if let Some(first) = found.first() {
            step.set(first.field.step());
        }
        errors.show(found);
    };
    let problems = move || {
        let call = read::<Create>(form);
        call.map(|call| check(&call.form)).unwrap_or_default()
    };
    let on_next = move || {
        let here = step.get_untracked();
        let found: Vec<_> = problems().into_iter().filter(|error| error.field.step() <= here).collect();
        if let (true, Some(next)) = (found.is_empty(), next(here)) {
            step.set(next);
            errors.clear();
            focus_id(heading_id(next));
        } else {
            show(found);
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        // Enter in a field submits the form; before the last step it leads to the next one.
        if next(step.get_untracked()).is_some() {
            stop(&event);
            return on_next();
        }
        let found = problems();
        if pending.get_untracked() || !found.is_empty() {
            stop(&event);
        }
        show(found);
    };
    let on_back = move |_| {
        if let Some(previous) = previous(step.get_untracked()) {
            step.set(previous);
            focus_id(heading_id(previous));
        }
    };

    Effect::new(move |_| {
        if let Some(Err(AppError::Invalid(found))) = create.value().get() {
            show(found);
        }
    });
    let section = move |this: Step, fields: AnyView| {
        view! {
            <section
                class="panel form-section"
                aria-labelledby=heading_id(this)
                hidden=move || hydrated.get() && step.get() != this
            >
                <h2 id=heading_id(this) tabindex="-1">{move || words::step(i18n, this)}</h2>
                {fields}
            </section>
        }
    };
    view! {
        <div class="narrow">
            <Steps step/>
            <ErrorNote error=failure(create)/>
            <div node_ref=form>
                <ActionForm action=create on:submit:capture=on_submit attr:novalidate=hydrated>
                    <input type="hidden" name="request" value=new_request_id().to_string()/>
                    {section(
                        Step::Setup,
                        view! {
                            <NameAndDescription name=blank.name description=blank.description errors/>
                            <VersionField version=blank.api_version errors/>
                            <ExpiryField terms errors/>
                        }
                            .into_any(),
                    )}
                    {section(
                        Step::ContactInformation,
                        view! {
                            <Contacts
                                primary_contact=blank.primary_contact
                                developers=blank.developers
                                people=people
                                errors
                            />
                        }
                            .into_any(),
                    )}
                    {section(
                        Step::ApiScopes,
                        view! { <ScopesField scopes=Scopes::default() errors/> }.into_any(),
                    )}
                    <div class="form-actions">
                        <a class="button quiet" href=routes::TOKENS>{t_signal!(i18n, cancel)}</a>
                        <span class="spacer"></span>
                        <button
                            type="button"
                            class="button"
                            hidden=move || !hydrated.get() || previous(step.get()).is_none()
                            on:click=on_back
                        >
                            {t_signal!(i18n, back)}
                        </button>
                        <button
                            type="button"
                            class="button primary"
                            hidden=move || !hydrated.get() || next(step.get()).is_none()
                            on:click=move |_| on_next()
                        >
                            {t_signal!(i18n, next)}
                        </button>
                        <Submit
                            pending
                            label=t_signal!(i18n, form.create)
                            busy=t_signal!(i18n, form.creating)
                            attr:hidden=move || hydrated.get() && next(step.get()).is_some()
                        />
                    </div>
                </ActionForm>
            </div>
        </div>
        <CreatedDialog create/>
    }
}

/// Shows the new token's secret, and then leads to the list and says what was created.
#[component]
fn CreatedDialog(create: ServerAction<Create>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let changes = use_token_changes();
    let navigate = use_navigate();
    let issued = move || create.value().get().and_then(Result::ok);
    let on_done = move |()| {
        if let Some(Ok(issued)) = create.value().get_untracked() {
            create.value().set(None);
            toasts.say(t_string!(i18n, done.created, name = issued.token.settings.name.as_str()).to_string());
            changes.announce();
            navigate(routes::TOKENS, NavigateOptions::default());
        }
    };
    view! {
        <SecretDialog
            issued=Signal::derive(issued)
            title=Signal::derive(move || t_string!(i18n, secret.created_title).to_owned())
            on_done=Callback::new(on_done)
        />
    }
}

/// The list of steps, with the current one marked.
#[component]
fn Steps(step: RwSignal<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |this: Step| {
        view! {
            <li
                class:done=move || this < step.get()
                aria-current=move || (step.get() == this).then_some("step")
            >
                {move || words::step(i18n, this)}
            </li>
        }
    };
    view! {
        <ol class="steps" aria-label=t_signal!(i18n, form.steps)>
            {Step::ALL.map(item).collect_view()}
        </ol>
    }
}

fn next(step: Step) -> Option<Step> {
    Step::ALL.into_iter().find(|other| *other > step)
}

fn previous(step: Step) -> Option<Step> {
    Step::ALL.into_iter().rev().find(|other| *other < step)
}

const fn heading_id(step: Step) -> &'static str {
    match step {
        Step::Setup => "step-setup",
        Step::ContactInformation => "step-contact",
        Step::ApiScopes => "step-scopes",
    }
}
