//! The form of a token's page.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::tokens::api::{Editable, Update as UpdateCall};
use crate::tokens::commands::TokenActions;
use crate::tokens::edit::credentials::Credentials;
use crate::tokens::edit::notes::ConflictNote;
use crate::tokens::edit::page::{Page, find_out};
use crate::tokens::fields::{ChosenEnd, Contacts, ExpiryField, NameAndDescription, ScopesField, VERSION, VersionField};
use crate::tokens::rehearsals::{Rehearsed, Trials};
use crate::tokens::rehearsed::Asked;
use crate::tokens::trials::{Of, TokenTrialOffer};
use crate::ui::action_form::{ActionForm, Submit, read, stop};
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::save_bar::SaveBar;
use domain::text::Field;
use domain::tokens::rehearsal::TokenChange;
use domain::tokens::token::TokenForm;
use leptos::ev;
use leptos::prelude::*;

/// The update that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AskedUpdate {
    form: TokenForm,
    /// The change that it is for calls, if any.
    change: Option<TokenChange>,
    /// Whether it does nothing but take scopes away, so that it can be tried out.
    only_scopes: bool,
}

/// Shows the scopes that a trial has changed, or that they have changed, if something is typed.
fn enforced(page: Page) {
    if page.is_changed() { find_out(page) } else { page.reload() }
}

/// The three sections, then Update, which asks for confirmation. Works without our wasm, but then does not ask.
#[component]
pub fn EditForm(page: Page, editable: Editable, actions: TokenActions, gone: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let Page { known, content, update, pending, errors, conflict, .. } = page;
    let reload = Callback::new(move |()| page.reload());
    let Editable { token, people, terms, .. } = editable;
    let asked = RwSignal::new(None::<AskedUpdate>);
    let (id, first, scopes) = (token.id, TokenForm::from(&token.settings), token.settings.scopes);
    let contacts = people.clone();
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read::<UpdateCall>(content.around) else { return };
        stop(&event);
        let checked = known.with_untracked(|token| {
            let settings = call.form.validate(&contacts, Some(&token.settings), &terms);
            settings.map(|settings| {
                let narrows = settings.scopes.beyond(token.settings.scopes).is_empty();
                let only_scopes = narrows && token.settings.differences(&settings) == [Field::Scopes];
                (TokenChange::update(token, &settings), only_scopes)
            })
        });
        match checked {
            Ok((change, only_scopes)) => {
                if !pending.get_untracked() {
                    asked.set(Some(AskedUpdate { form: call.form, change, only_scopes }));
                }
                errors.show(Vec::new());
            }
            Err(found) => errors.show(found),
        }
    };
    let on_enforced = Callback::new(move |()| enforced(page));
    let note = view! { <ConflictNote conflict reload/> }.into_any();
    view! {
        <ActionForm action=update on:submit:capture=on_submit attr:novalidate=hydrated>
            <input type="hidden" name="id" value=id.0.to_string()/>
            <input type="hidden" name="revision" value=move || known.with(|token| token.revision)/>
            <section class="panel form-section" aria-labelledby="section-overview">
                <h2 id="section-overview">{t_signal!(i18n, form.overview)}</h2>
                <NameAndDescription name=first.name description=first.description errors/>
                {version(page)}
                {move || view! { <ExpiryField terms current=ChosenEnd(page.expires_at.get()) errors/> }}
            </section>
            <section class="panel form-section" aria-labelledby="section-credentials">
                <h2 id="section-credentials">{t_signal!(i18n, form.credentials)}</h2>
                <Credentials known actions gone/>
                <Contacts primary_contact=first.primary_contact developers=first.developers people errors/>
            </section>
            <section class="panel form-section" aria-labelledby="section-scopes">
                <h2 id="section-scopes">{t_signal!(i18n, form.scopes)}</h2>
                <ScopesField scopes errors/>
            </section>
            <Trials of=Of::Token(id) on_enforced/>
            <SaveBar
                changes=page.unsaved
                error=errors.or(page.failure())
                note
                leave=(routes::TOKENS, t_signal!(i18n, form.leave))
                pending
                on_discard=Callback::new(move |()| page.discard())
            >
                <Submit pending label=t_signal!(i18n, form.update) busy=t_signal!(i18n, form.updating) blocked=gone/>
            </SaveBar>
        </ActionForm>
        <ConfirmUpdate page asked/>
    }
}

/// Returns the field for the API version; hidden if there is no newer one.
fn version(page: Page) -> impl IntoView {
    let Page { known, errors, .. } = page;
    let version = Memo::new(move |_| known.with(|token| token.settings.api_version));
    move || {
        let version = version.get();
        if version.is_newest() {
            view! { <input type="hidden" name=VERSION value=version.to_string()/> }.into_any()
        } else {
            view! { <VersionField version=version.to_string() oldest=version errors/> }.into_any()
        }
    }
}

/// Asks before the update is sent.
#[component]
fn ConfirmUpdate(page: Page, asked: RwSignal<Option<AskedUpdate>>) -> impl IntoView {
    let i18n = use_i18n();
    let on_confirm = move |()| {
        if let Some(AskedUpdate { form, .. }) = asked.get_untracked() {
            asked.set(None);
            let (id, revision) = page.known.with_untracked(|known| (known.id, known.revision));
            page.update.dispatch(UpdateCall { id, form, revision });
        }
    };
    let question = move || {
        let AskedUpdate { form, .. } = asked.get()?;
        Some(Question {
            title: t_string!(i18n, ask.update_title, name = form.name.trim()).to_string(),
            text: t_string!(i18n, ask.update_text).to_owned(),
            confirm: t_string!(i18n, form.update).to_owned(),
            destructive: false,
        })
    };
    let follow_up = Callback::new(move |()| {
        asked.set(None);
        page.discard();
    });
    let rehearsed = move || {
        let (change, only_scopes) =
            asked.with(|asked| asked.as_ref().map(|asked| (asked.change, asked.only_scopes)))?;
        let change = change?;
        let (id, revision) = page.known.with_untracked(|known| (known.id, known.revision));
        let offer = match change {
            TokenChange::Update { scopes, .. } if only_scopes => {
                Some(view! { <TokenTrialOffer id revision scopes follow_up/> })
            }
            _ => None,
        };
        Some(view! { <Rehearsed asked=Asked::Token(id, change)/> {offer} }.into_any())
    };
    view! {
        <ConfirmDialog
            id="confirm-update"
            question=Signal::derive(question)
            pending=page.pending
            on_confirm=Callback::new(on_confirm)
            on_cancel=Callback::new(move |()| asked.set(None))
            more=ViewFn::from(rehearsed)
        />
    }
}
