//! One access token: overview, credentials and scopes, to change and to try.

use crate::api::tokens::{Update as UpdateCall, Updated, people, terms, token};
use crate::components::allowed::Allowed;
use crate::components::card_menu::{CardMenu, MenuItem};
use crate::components::confirm_dialog::{ConfirmDialog, Question};
use crate::components::copy_button::CopyButton;
use crate::components::error_note::ErrorNote;
use crate::components::expiry::Expiry;
use crate::components::hydrated::use_hydrated;
use crate::components::icon::Icon;
use crate::components::page_title::PageTitle;
use crate::components::reactive::say;
use crate::components::scope_picker::ScopePicker;
use crate::components::toasts::use_toasts;
use crate::components::token_actions::{TokenActionDialogs, TokenActions, use_token_changes};
use crate::components::token_card::StateBadge;
use crate::components::token_fields::{
    ChosenEnd, Contacts, Errors, ExpiryField, FieldProblem, NameAndDescription, VersionField, focus, read,
};
use crate::components::token_history::TokenHistory;
use crate::components::try_it::TryIt;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::pages::message::{Failed, NoSuchToken};
use crate::path::{self, Notice};
use crate::words;
use domain::membership::Contact;
use domain::role::Permission;
use domain::term::Terms;
use domain::text::Field;
use domain::token::{Token, TokenForm, TokenId};
use leptos::ev;
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};

/// The page, for those whose role allows it.
pub struct EditToken;

#[lazy_route]
impl LazyRoute for EditToken {
    fn data() -> Self {
        Self
    }

    fn view(EditToken: Self) -> AnyView {
        view! {
            <Allowed permission=Permission::ManageTokens>
                <EditTokenPage/>
            </Allowed>
        }
        .into_any()
    }
}

#[component]
fn EditTokenPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse().ok().map(TokenId)));
    let loads = RwSignal::new(0_u32);
    let loaded = Resource::new(
        move || (id.get(), loads.get()),
        |(id, load)| async move {
            let result = match id {
                Some(id) => token_and_choices(id).await,
                None => Err(AppError::NotFound),
            };
            ((id, load), result)
        },
    );
    let reload = Callback::new(move |()| loads.update(|loads| *loads += 1));
    let page = move |(_, loaded): (_, Result<Choices, AppError>)| match loaded {
        Ok((token, people, terms)) => view! { <Editor token people terms reload/> }.into_any(),
        Err(AppError::NotFound) => view! { <NoSuchToken/> }.into_any(),
        Err(error) => view! { <Failed error/> }.into_any(),
    };
    view! {
        <Transition>
            // Made anew each time it is loaded: a field that somebody typed in would keep that otherwise.
            <For each=move || loaded.get() key=|(load, _)| *load children=page/>
        </Transition>
    }
}

/// A token, its possible contacts, and how long its Auth Token may pass.
type Choices = (Token, Vec<Contact>, Terms);

async fn token_and_choices(id: TokenId) -> Result<Choices, AppError> {
    Ok((token(id).await?, people(Some(id)).await?, terms().await?))
}

/// The token with its menu and its form. `reload` reads it again, and drops what was typed.
#[component]
fn Editor(token: Token, people: Vec<Contact>, terms: Terms, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    // The token as this page knows it: what was typed is compared with it, and a change is made from its revision.
    let known = RwSignal::new(token);
    let conflict: Conflict = RwSignal::new(None);
    let navigate = use_navigate();
    let on_done = move |(item, outcome): (MenuItem, Result<Token, AppError>)| match (item, outcome) {
        (MenuItem::Delete, Ok(_)) => navigate(path::TOKENS, NavigateOptions::default()),
        (MenuItem::Duplicate, Ok(_)) => {}
        (_, Ok(token)) => known.update(|known| {
            // If somebody else changed it in between, the next update has to find that out.
            if token.revision == known.revision + 1 { *known = token } else { known.state = token.state }
        }),
        (_, Err(AppError::Conflict)) => find_out(known, conflict),
        (_, Err(_)) => {}
    };
    let actions = TokenActions::new(Callback::new(on_done));
    let on_pick = Callback::new(move |item| actions.pick(item, known.get_untracked()));
    let name = Memo::new(move |_| known.with(|token| token.settings.name.clone()));
    let (id, sid) = known.with_untracked(|token| (token.id, token.sid.to_string()));
    let notice =
        use_query_map().with_untracked(|query| query.get(Notice::PARAMETER).and_then(|it| Notice::from_name(&it)));
    view! {
        <PageTitle text=name/>
        <div class="page-head narrow">
            <a class="back" href=path::TOKENS>{Icon::ChevronLeft.view()} {say!(i18n, tokens.title)}</a>
            <h1 dir="auto">{name}</h1>
            <div class="page-action">
                <Expiry ends_at=Signal::derive(move || known.with(|token| token.ends_at))/>
                <StateBadge state=Signal::derive(move || known.with(|token| token.state))/>
                <CardMenu token=known on_pick/>
            </div>
        </div>
        <div class="narrow">
            {notice
                .map(|notice| {
                    let text = move || match notice {
                        Notice::Created => t_string!(i18n, form.no_wasm_created),
                        Notice::Updated => t_string!(i18n, form.no_wasm_updated),
                    };
                    view! { <p class="note" role="status">{text}</p> }
                })}
            <EditForm known people terms conflict actions reload/>
            <section class="panel" aria-labelledby="try-it">
                <h2 id="try-it">{say!(i18n, try_it.title)}</h2>
                <TryIt sid/>
            </section>
            <TokenHistory id/>
        </div>
        <TokenActionDialogs actions/>
    }
}

/// What somebody else changed while one was typing.
type Conflict = RwSignal<Option<Vec<Field>>>;

/// The three sections, then Update, which asks once more. Works without our wasm, which then doesn't ask.
#[component]
fn EditForm(
    known: RwSignal<Token>,
    people: Vec<Contact>,
    terms: Terms,
    conflict: Conflict,
    actions: TokenActions,
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let update = ServerAction::<UpdateCall>::new();
    let pending = update.pending();
    let errors: Errors = RwSignal::new(Vec::new());
    let asked = RwSignal::new(None::<TokenForm>);
    let form = NodeRef::<html::Div>::new();
    let id = known.read_untracked().id;
    let first = known.with_untracked(|token| TokenForm::from(&token.settings));
    let scopes = known.with_untracked(|token| token.settings.scopes);
    let version = Memo::new(move |_| known.with(|token| token.settings.api_version));
    let expires_at = Memo::new(move |_| known.with(|token| token.settings.expires_at));

    let contacts = people.clone();
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read::<UpdateCall>(form) else { return };
        event.prevent_default();
        event.stop_propagation();
        let found = known.with_untracked(|token| call.form.validate(&contacts, Some(&token.settings), &terms));
        let found = found.err().unwrap_or_default();
        if let Some(error) = found.first() {
            focus(error.field);
        } else if !pending.get_untracked() {
            asked.set(Some(call.form));
        }
        errors.set(found);
    };
    let on_confirm = move |()| {
        if let Some(form) = asked.get_untracked() {
            asked.set(None);
            update.dispatch(UpdateCall { id, form, revision: known.read_untracked().revision });
        }
    };
    let question = move || {
        let form = asked.get()?;
        Some(Question {
            title: t_string!(i18n, ask.update_title, name = form.name.trim()).to_string(),
            text: t_string!(i18n, ask.update_text).to_owned(),
            confirm: t_string!(i18n, form.update).to_owned(),
            destructive: false,
        })
    };
    follow_up(update, known, errors, conflict);
    // A conflict has a note of its own.
    let noted = move |error: &AppError| *error == AppError::Conflict && conflict.with(Option::is_some);
    let error = move || update.value().get().and_then(Result::err).filter(|error| !noted(error));

    view! {
        <ConflictNote conflict reload/>
        <ErrorNote error=Signal::derive(error)/>
        <div node_ref=form>
            <ActionForm action=update on:submit:capture=on_submit attr:novalidate=hydrated>
                <input type="hidden" name="id" value=id.0.to_string()/>
                <input type="hidden" name="revision" value=move || known.with(|token| token.revision)/>
                <section class="panel form-section" aria-labelledby="section-overview">
                    <h2 id="section-overview">{say!(i18n, form.overview)}</h2>
                    <NameAndDescription name=first.name description=first.description errors/>
                    {move || {
                        let version = version.get();
                        if version.is_newest() {
                            view! { <input type="hidden" name="form[api_version]" value=version.to_string()/> }
                                .into_any()
                        } else {
                            view! { <VersionField version=version.to_string() oldest=version errors/> }.into_any()
                        }
                    }}
                    {move || view! { <ExpiryField terms current=ChosenEnd(expires_at.get()) errors/> }}
                </section>
                <section class="panel form-section" aria-labelledby="section-credentials">
                    <h2 id="section-credentials">{say!(i18n, form.credentials)}</h2>
                    <Contacts primary_contact=first.primary_contact developers=first.developers people errors/>
                    <Credentials known actions/>
                </section>
                <section class="panel form-section" aria-labelledby="section-scopes">
                    <h2 id="section-scopes">{say!(i18n, form.scopes)}</h2>
                    <div id="scopes" tabindex="-1">
                        <p class="hint">{say!(i18n, form.scopes_lead)}</p>
                        <FieldProblem field=Field::Scopes errors/>
                        <ScopePicker scopes/>
                    </div>
                </section>
                <div class="form-actions">
                    <a class="button quiet" href=path::TOKENS>{say!(i18n, form.leave)}</a>
                    <span class="spacer"></span>
                    <button type="submit" class="button primary" disabled=pending>
                        {move || {
                            if pending.get() { t_string!(i18n, form.updating) } else { t_string!(i18n, form.update) }
                        }}
                    </button>
                </div>
            </ActionForm>
        </div>
        <ConfirmDialog
            id="confirm-update"
            question=Signal::derive(question)
            pending
            on_confirm=Callback::new(on_confirm)
            on_cancel=Callback::new(move |()| asked.set(None))
        />
    }
}

/// Takes the answer to an update: done, fields to mend, or somebody else's change to know of.
fn follow_up(update: ServerAction<UpdateCall>, known: RwSignal<Token>, errors: Errors, conflict: Conflict) {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let changes = use_token_changes();
    let follow = move |answer: Option<Result<Updated, AppError>>| match answer {
        Some(Ok(updated)) => {
            let done = t_string!(i18n, done.updated, name = updated.token.settings.name.as_str()).to_string();
            let remark = if updated.name_exists { t_string!(i18n, done.name_exists) } else { "" };
            toasts.say(format!("{done} {remark}").trim_end().to_owned());
            conflict.set(None);
            known.set(updated.token);
            changes.announce();
        }
        Some(Err(AppError::Invalid(found))) => {
            if let Some(error) = found.first() {
                focus(error.field);
            }
            errors.set(found);
        }
        Some(Err(AppError::Conflict)) => find_out(known, conflict),
        Some(Err(_)) | None => {}
    };
    Effect::new(move |_| {
        let answer = update.value().get();
        // Followed up once, and not again in another language.
        untrack(|| follow(answer));
    });
}

/// Finds out what somebody else changed. From then on a change is made from their revision.
fn find_out(known: RwSignal<Token>, conflict: Conflict) {
    spawn_local(async move {
        let before = known.read_untracked().clone();
        if let Ok(theirs) = token(before.id).await {
            conflict.try_set(Some(before.settings.differences(&theirs.settings)));
            known.try_set(theirs);
        }
    });
}

/// Says what somebody else changed, and how to go on.
#[component]
fn ConflictNote(conflict: Conflict, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let text = move |fields: Vec<Field>| {
        let names = fields.into_iter().map(|field| words::field(i18n, field)).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { t_string!(i18n, form.conflict_none).to_owned() } else { names };
        t_string!(i18n, form.conflict_text, fields = names).to_string()
    };
    let note = move |fields: Vec<Field>| {
        view! {
            <div class="note warning">
                {Icon::Alert.view()}
                <div>
                    <p><strong>{say!(i18n, form.conflict_title)}</strong></p>
                    <p>{text(fields)}</p>
                    <button type="button" class="button small" on:click=move |_| reload.run(())>
                        {say!(i18n, form.load_theirs)}
                    </button>
                </div>
            </div>
        }
    };
    view! { <div role="alert">{move || conflict.get().map(note)}</div> }
}

/// Account SID and Auth Token, of which only the first can be seen.
#[component]
fn Credentials(known: RwSignal<Token>, actions: TokenActions) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let sid = known.read_untracked().sid.to_string();
    let viewable = move || known.with(|token| token.viewable);
    view! {
        <dl class="credentials">
            <dt>{say!(i18n, card.account_sid)}</dt>
            <dd>
                <code>{sid.clone()}</code>
                <CopyButton text=sid label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())/>
            </dd>
            <dt>{say!(i18n, form.auth_token)}</dt>
            <dd>
                <code aria-hidden="true">"kgt_••••••••••••••••"</code>
                <Show when=viewable>
                    <button
                        type="button"
                        class="button small"
                        disabled=move || !hydrated.get()
                        on:click=move |_| actions.pick(MenuItem::View, known.get_untracked())
                    >
                        {Icon::Eye.view()}
                        {say!(i18n, item.view)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="button small"
                    disabled=move || !hydrated.get()
                    on:click=move |_| actions.pick(MenuItem::Reset, known.get_untracked())
                >
                    {Icon::Reset.view()}
                    {say!(i18n, form.reset_token)}
                </button>
            </dd>
        </dl>
        <p class="hint">
            {move || {
                if viewable() { t_string!(i18n, form.auth_token_kept) } else { t_string!(i18n, form.auth_token_hidden) }
            }}
        </p>
    }
}
