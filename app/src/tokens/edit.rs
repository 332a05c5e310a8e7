//! The page of one access token: overview, credentials and scopes, to edit and to try.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes::{self, Notice};
use crate::sign_in::allowed::{Allowed, use_current_user};
use crate::tokens::api::{Editable, Update as UpdateCall, Updated, editable};
use crate::tokens::card::StateBadge;
use crate::tokens::commands::{TokenActionDialogs, TokenActions, TokenChanges, use_token_changes};
use crate::tokens::expiry::Expiry;
use crate::tokens::fields::{
    ChosenEnd, Contacts, Errors, ExpiryField, FieldProblem, NameAndDescription, VersionField, focus, read,
};
use crate::tokens::history::TokenHistory;
use crate::tokens::live::{use_live_changes, who};
use crate::tokens::menu::{CardMenu, MenuItem};
use crate::tokens::scope_picker::ScopePicker;
use crate::tokens::try_it::TryIt;
use crate::ui::action_form::ActionForm;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::copy_button::CopyButton;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::message::{Failed, NoSuchToken};
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::role::Permission;
use domain::members::user::UserId;
use domain::text::Field;
use domain::tokens::token::{Token, TokenForm, TokenId};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};
use std::time::Duration;

/// The page, for users whose role has the permission.
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
    let loaded = Resource::new(
        move || id.get(),
        |id| async move {
            let result = match id {
                Some(id) => editable(id).await,
                None => Err(AppError::Refused(Refusal::NotFound)),
            };
            (id, result)
        },
    );
    let page = move |(_, loaded): (_, Result<Editable, AppError>)| match loaded {
        Ok(editable) => view! { <Editor editable/> }.into_any(),
        Err(AppError::Refused(Refusal::NotFound)) => view! { <NoSuchToken/> }.into_any(),
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    view! {
        <Transition>
            // Recreated for each token: otherwise a field would keep what was typed into it.
            <For each=move || loaded.get() key=|(id, _)| *id children=page/>
        </Transition>
    }
}

/// The state of the page.
#[derive(Clone, Copy)]
struct Page {
    /// The token as this page knows it: typed values are compared with it, and changes name its revision.
    known: RwSignal<Token>,
    /// The data that the form starts with; `None` while the form is recreated.
    begun: RwSignal<Option<Editable>>,
    /// The expiry that its field starts with. Changes by others do not update it: that would discard the user's choice.
    expires_at: RwSignal<Option<DateTime<Utc>>>,
    /// The element around the form.
    form: NodeRef<html::Div>,
    update: ServerAction<UpdateCall>,
    pending: Memo<bool>,
    errors: Errors,
    conflict: Conflict,
    news: RwSignal<Option<News>>,
    toasts: ToastRack,
    /// The history reloads on these changes.
    changes: TokenChanges,
    i18n: Words,
}

impl Page {
    fn new(editable: Editable) -> Self {
        let update = ServerAction::new();
        Self {
            known: RwSignal::new(editable.token.clone()),
            expires_at: RwSignal::new(editable.token.settings.expires_at),
            begun: RwSignal::new(Some(editable)),
            form: NodeRef::new(),
            update,
            pending: update.pending(),
            errors: RwSignal::new(Vec::new()),
            conflict: RwSignal::new(None),
            news: RwSignal::new(None),
            toasts: use_toasts(),
            changes: use_token_changes(),
            i18n: use_i18n(),
        }
    }

    /// Updates the page to the token that its own change has returned.
    fn changed(self, token: Token) {
        let expires_at = token.settings.expires_at;
        self.expires_at.try_maybe_update(|begun| (std::mem::replace(begun, expires_at) != expires_at, ()));
        self.known.try_set(token);
    }

    /// Replaces what was typed with the current token, if the page is still open.
    async fn show(self, newest: Editable) {
        self.changed(newest.token.clone());
        self.errors.try_set(Vec::new());
        self.conflict.try_set(None);
        self.update.clear();
        // Recreate the form: otherwise a field would keep what was typed into it.
        self.begun.try_set(None);
        tick().await;
        self.begun.try_set(Some(newest));
    }

    /// Returns whether an answer is outdated: the page knows a later revision, or has been left.
    fn is_past(self, token: &Token) -> bool {
        self.known.try_with_untracked(|known| known.revision <= token.revision) != Some(true)
    }

    /// Reloads the token at the user's request, and discards what was typed.
    fn reload(self) {
        let Some(id) = self.known.try_with_untracked(|token| token.id) else { return };
        spawn_local(async move {
            match editable(id).await {
                Ok(newest) if self.is_past(&newest.token) => {}
                Ok(newest) => {
                    self.show(newest).await;
                    self.news.try_set(None);
                    self.changes.announce();
                    // The button that was pressed no longer exists.
                    focus(Field::Name);
                }
                Err(error) => self.toasts.complain(error.text(self.i18n)),
            }
        });
    }

    /// Returns whether the user has typed in the form, or is about to: it has the focus, or gets it back from a dialog.
    fn in_use(self) -> bool {
        let unlike = self.known.with_untracked(|token| TokenForm::from(&token.settings));
        let typed = read::<UpdateCall>(self.form).is_none_or(|call| call.form != unlike);
        let within = |form: web_sys::HtmlDivElement| form.contains(document().active_element().as_deref());
        let asked = || matches!(document().query_selector("dialog[open]"), Ok(Some(_)));
        typed || asked() || self.form.get_untracked().is_some_and(within)
    }
}

/// The token with its menu and its form.
#[component]
fn Editor(editable: Editable) -> impl IntoView {
    let i18n = use_i18n();
    let as_of = editable.as_of;
    let page = Page::new(editable);
    let Page { known, begun, conflict, news, .. } = page;
    let navigate = use_navigate();
    let on_done = move |(item, outcome): (MenuItem, Result<Token, AppError>)| match (item, outcome) {
        (MenuItem::Delete, Ok(_)) => navigate(routes::TOKENS, NavigateOptions::default()),
        (MenuItem::Duplicate | MenuItem::View, Ok(_)) => {}
        (_, Ok(token)) if page.is_past(&token) => {}
        (item, Ok(token)) if known.with_untracked(|known| is_work_of(item, known, &token)) => page.changed(token),
        // Another user changed it in between, which the next update has to detect.
        (_, Ok(token)) => known.update(|known| known.state = token.state),
        (_, Err(AppError::Refused(Refusal::Conflict))) => find_out(page),
        (_, Err(_)) => {}
    };
    let actions = TokenActions::new(Callback::new(on_done));
    follow_up(page);
    follow(page, actions, as_of);
    let on_pick = Callback::new(move |item| actions.pick(item, known.get_untracked()));
    let name = Memo::new(move |_| known.with(|token| token.settings.name.clone()));
    let (id, sid) = known.with_untracked(|token| (token.id, token.sid.to_string()));
    let gone = Memo::new(move |_| news.with(|news| matches!(news, Some(News::Gone(_)))));
    let notice =
        use_query_map().with_untracked(|query| query.get(Notice::PARAMETER).and_then(|it| Notice::from_name(&it)));
    let reload = Callback::new(move |()| page.reload());
    view! {
        <PageTitle text=name/>
        <div class="page-head narrow">
            <a class="back" href=routes::TOKENS>{Icon::ChevronLeft.view()} {t_signal!(i18n, tokens.title)}</a>
            <h1 dir="auto">{name}</h1>
            <div class="page-action">
                <Expiry ends_at=Signal::derive(move || known.with(|token| token.ends_at))/>
                <StateBadge state=Signal::derive(move || known.with(|token| token.state))/>
                {move || (!gone.get()).then(|| view! { <CardMenu token=known on_pick/> }.into_any())}
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
            <NewsNote news reload/>
            <ConflictNote conflict reload/>
            <div node_ref=page.form>
                {move || {
                    begun.get().map(|editable| view! { <EditForm page editable actions gone/> }.into_any())
                }}
            </div>
            <section class="panel" aria-labelledby="try-it">
                <h2 id="try-it">{t_signal!(i18n, try_it.title)}</h2>
                <TryIt sid/>
            </section>
            <TokenHistory id/>
        </div>
        <TokenActionDialogs actions/>
    }
}

/// Returns whether the item alone turned `before` into `after`: with nothing left to do, it returns the changes of
/// others.
fn is_work_of(item: MenuItem, before: &Token, after: &Token) -> bool {
    let own = |field: &Field| match item {
        MenuItem::Reset => *field == Field::Expires,
        MenuItem::UpgradeVersion => *field == Field::ApiVersion,
        _ => false,
    };
    after.revision == before.revision + 1 && before.settings.differences(&after.settings).iter().all(own)
}

/// A change by others.
#[derive(Clone)]
enum News {
    /// They changed the token, and the page shows it.
    Shown(LiveChange),
    /// They changed these fields, but the form is in use and stays as it was. Empty if the fields are unknown.
    Waiting(LiveChange, Vec<Field>),
    /// They deleted the token.
    Gone(LiveChange),
}

/// The time for which changes are collected before the token is reloaded.
const GATHERED_FOR: Duration = Duration::from_millis(150);

/// Handles the reported changes of one token.
#[derive(Clone, Copy)]
struct Listener {
    page: Page,
    actions: TokenActions,
    me: UserId,
    /// The number of the last reported change.
    last: StoredValue<i64>,
    /// The last reported change by another user.
    by_others: StoredValue<Option<LiveChange>>,
}

/// Follows changes of the token as they happen, from the entry `as_of` of the audit trail on.
fn follow(page: Page, actions: TokenActions, as_of: i64) {
    let (me, id) = (use_current_user().user.id, page.known.read_untracked().id);
    let listener = Listener { page, actions, me, last: StoredValue::new(as_of), by_others: StoredValue::new(None) };
    let on_change = move |change: LiveChange| {
        if change.token == Some(id) {
            listener.hear(change);
        }
    };
    // A user whose session has ended can go on typing, and sees it when they save: nothing they typed is lost.
    use_live_changes(Memo::new(move |_| Some(as_of)), Callback::new(on_change), Callback::new(|()| {}));
}

impl Listener {
    fn hear(self, change: LiveChange) {
        self.last.set_value(change.sequence);
        if change.user.as_ref().is_none_or(|user| user.id != self.me) {
            self.by_others.set_value(Some(change.clone()));
        }
        self.take_up_soon(change);
    }

    fn take_up_soon(self, change: LiveChange) {
        set_timeout(move || self.take_up(change), GATHERED_FOR);
    }

    /// Returns whether the change is the last reported one; false once the page is left.
    fn is_last(self, change: &LiveChange) -> bool {
        self.last.try_get_value() == Some(change.sequence)
    }

    fn take_up(self, change: LiveChange) {
        if !self.is_last(&change) {
            return; // only the last change is handled, together with all before it
        }
        if self.page.pending.get_untracked() || self.actions.is_pending() {
            return self.take_up_soon(change); // later, after this page's own request
        }
        let known = self.page.known.with_untracked(|token| token.revision);
        if change.revision.is_some_and(|revision| revision <= known) {
            return; // already known here
        }
        self.page.changes.announce();
        if change.action == Action::TokenDeleted {
            // Answers to earlier requests are outdated.
            self.page.known.update(|known| known.revision = change.revision.unwrap_or(known.revision));
            self.page.news.set(Some(News::Gone(change)));
        } else {
            spawn_local(self.take_note(change));
        }
    }

    /// Shows the changed token, or only reports the change if the form is in use.
    async fn take_note(self, change: LiveChange) {
        let page = self.page;
        let Some(id) = change.token else { return };
        let answer = again(editable(id)).await;
        if !self.is_last(&change) {
            return;
        }
        let before = page.known.get_untracked();
        // Others are named only for a change that is not shown yet: the last one may be the user's own.
        let unseen = |it: &LiveChange| it.revision.is_some_and(|revision| revision > before.revision);
        let by_others = self.by_others.get_value().filter(|it| it.sequence == change.sequence || unseen(it));
        let newest = match answer {
            Ok(newest) => newest,
            Err(AppError::Refused(Refusal::NotFound)) => return, // its deletion is reported separately
            Err(_) => {
                page.news.set(Some(News::Waiting(by_others.unwrap_or(change), Vec::new())));
                return;
            }
        };
        let revision = newest.token.revision;
        if revision <= before.revision || change.revision.is_some_and(|heard| heard < revision) {
            return; // already known here; or changed again, which is reported separately
        }
        let fields = before.settings.differences(&newest.token.settings);
        if fields.is_empty() {
            page.known.set(newest.token);
        } else if page.in_use() {
            page.news.set(Some(News::Waiting(by_others.unwrap_or(change), fields)));
            return;
        } else {
            page.show(newest).await;
        }
        page.news.try_set(by_others.map(News::Shown));
    }
}

/// Reports changes by others.
#[component]
fn NewsNote(news: RwSignal<Option<News>>, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let told = move |news: News| {
        let waiting = matches!(news, News::Waiting(..));
        let warning = waiting || matches!(news, News::Gone(_));
        let text = move || match &news {
            News::Shown(change) => t_string!(i18n, live.shown, by = who(i18n, change)).to_string(),
            News::Waiting(change, fields) if fields.is_empty() => {
                t_string!(i18n, live.changed, by = who(i18n, change)).to_string()
            }
            News::Waiting(change, fields) => {
                t_string!(i18n, live.waiting, by = who(i18n, change), fields = names(i18n, fields)).to_string()
            }
            News::Gone(change) => t_string!(i18n, live.gone, by = who(i18n, change)).to_string(),
        };
        note(warning, None, Signal::derive(text), waiting.then(|| (t_signal!(i18n, live.show_newest), reload)))
    };
    view! { <div role="status">{move || news.get().map(told)}</div> }.into_any()
}

/// Returns a message, with an optional button.
fn note(
    warning: bool,
    title: Option<Signal<&'static str>>,
    text: Signal<String>,
    button: Option<(Signal<&'static str>, Callback<()>)>,
) -> AnyView {
    let icon = if warning { Icon::Alert } else { Icon::Check };
    let title = title.map(|title| view! { <p><strong>{title}</strong></p> });
    let button = button.map(|(label, on_press)| {
        view! { <button type="button" class="button small" on:click=move |_| on_press.run(())>{label}</button> }
    });
    view! {
        <div class="note" class:warning=warning>
            {icon.view()}
            <div>
                {title}
                <p>{text}</p>
                {button}
            </div>
        </div>
    }
    .into_any()
}

fn names(i18n: Words, fields: &[Field]) -> String {
    let separator = t_string!(i18n, separator);
    fields.iter().map(|field| words::field(i18n, *field)).collect::<Vec<_>>().join(separator)
}

/// A conflict with another user's change: the fields that they changed.
type Conflict = RwSignal<Option<Vec<Field>>>;

/// The three sections, then Update, which asks for confirmation. Works without our wasm, but then does not ask.
#[component]
fn EditForm(page: Page, editable: Editable, actions: TokenActions, gone: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let Page { known, expires_at, form, update, pending, errors, conflict, .. } = page;
    let Editable { token, people, terms, .. } = editable;
    let asked = RwSignal::new(None::<TokenForm>);
    let (id, first, scopes) = (token.id, TokenForm::from(&token.settings), token.settings.scopes);
    let version = Memo::new(move |_| known.with(|token| token.settings.api_version));

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
    // A conflict has its own note.
    let noted =
        move |error: &AppError| *error == AppError::Refused(Refusal::Conflict) && conflict.with(Option::is_some);
    let error = move || update.value().get().and_then(Result::err).filter(|error| !noted(error));

    view! {
        <ErrorNote error=Signal::derive(error)/>
        <ActionForm action=update on:submit:capture=on_submit attr:novalidate=hydrated>
            <input type="hidden" name="id" value=id.0.to_string()/>
            <input type="hidden" name="revision" value=move || known.with(|token| token.revision)/>
            <section class="panel form-section" aria-labelledby="section-overview">
                <h2 id="section-overview">{t_signal!(i18n, form.overview)}</h2>
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
                <h2 id="section-credentials">{t_signal!(i18n, form.credentials)}</h2>
                <Contacts primary_contact=first.primary_contact developers=first.developers people errors/>
                <Credentials known actions gone/>
            </section>
            <section class="panel form-section" aria-labelledby="section-scopes">
                <h2 id="section-scopes">{t_signal!(i18n, form.scopes)}</h2>
                <div id="scopes" tabindex="-1">
                    <p class="hint">{t_signal!(i18n, form.scopes_lead)}</p>
                    <FieldProblem field=Field::Scopes errors/>
                    <ScopePicker scopes/>
                </div>
            </section>
            <div class="form-actions">
                <a class="button quiet" href=routes::TOKENS>{t_signal!(i18n, form.leave)}</a>
                <span class="spacer"></span>
                <button type="submit" class="button primary" disabled=move || pending.get() || gone.get()>
                    {move || {
                        if pending.get() { t_string!(i18n, form.updating) } else { t_string!(i18n, form.update) }
                    }}
                </button>
            </div>
        </ActionForm>
        <ConfirmDialog
            id="confirm-update"
            question=Signal::derive(question)
            pending
            on_confirm=Callback::new(on_confirm)
            on_cancel=Callback::new(move |()| asked.set(None))
        />
    }
}

/// Handles the answer to an update: done, invalid fields, or a conflict with another user's change.
fn follow_up(page: Page) {
    let Page { update, errors, conflict, news, toasts, changes, i18n, .. } = page;
    let follow = move |answer: Option<Result<Updated, AppError>>| match answer {
        Some(Ok(updated)) => {
            let done = t_string!(i18n, done.updated, name = updated.token.settings.name.as_str()).to_string();
            let remark = if updated.name_exists { t_string!(i18n, done.name_exists) } else { "" };
            toasts.say(format!("{done} {remark}").trim_end().to_owned());
            conflict.set(None);
            news.set(None);
            page.changed(updated.token);
            changes.announce();
        }
        Some(Err(AppError::Invalid(found))) => {
            if let Some(error) = found.first() {
                focus(error.field);
            }
            errors.set(found);
        }
        Some(Err(AppError::Refused(Refusal::Conflict))) => find_out(page),
        Some(Err(_)) | None => {}
    };
    Effect::new(move |_| {
        let answer = update.value().get();
        // Handled once, and not again when the language changes.
        untrack(|| follow(answer));
    });
}

/// Finds out what another user changed. The next update is then based on their revision.
fn find_out(page: Page) {
    spawn_local(async move {
        let Some(before) = page.known.try_get_untracked() else { return };
        if let Ok(Editable { token: theirs, .. }) = editable(before.id).await
            && !page.is_past(&theirs)
        {
            page.conflict.try_set(Some(before.settings.differences(&theirs.settings)));
            page.news.try_set(None);
            page.known.try_set(theirs);
            page.changes.announce();
        }
    });
}

/// Says what another user changed, and how to continue.
#[component]
fn ConflictNote(conflict: Conflict, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let told = move |fields: Vec<Field>| {
        let text = move || {
            let names = names(i18n, &fields);
            let names = if names.is_empty() { t_string!(i18n, form.conflict_none).to_owned() } else { names };
            t_string!(i18n, form.conflict_text, fields = names).to_string()
        };
        let button = Some((t_signal!(i18n, form.load_theirs), reload));
        note(true, Some(t_signal!(i18n, form.conflict_title)), Signal::derive(text), button)
    };
    view! { <div role="alert">{move || conflict.get().map(told)}</div> }.into_any()
}

/// Account SID and Auth Token; the latter is masked.
#[component]
fn Credentials(known: RwSignal<Token>, actions: TokenActions, gone: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let sid = known.read_untracked().sid.to_string();
    let viewable = move || known.with(|token| token.viewable);
    view! {
        <dl class="credentials">
            <dt>{t_signal!(i18n, card.account_sid)}</dt>
            <dd>
                <code>{sid.clone()}</code>
                <CopyButton text=sid label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())/>
            </dd>
            <dt>{t_signal!(i18n, form.auth_token)}</dt>
            <dd>
                <code aria-hidden="true">"kgt_••••••••••••••••"</code>
                <Show when=viewable>
                    <button
                        type="button"
                        class="button small"
                        disabled=move || !hydrated.get() || gone.get()
                        on:click=move |_| actions.pick(MenuItem::View, known.get_untracked())
                    >
                        {Icon::Eye.view()}
                        {t_signal!(i18n, item.view)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="button small"
                    disabled=move || !hydrated.get() || gone.get()
                    on:click=move |_| actions.pick(MenuItem::Reset, known.get_untracked())
                >
                    {Icon::Reset.view()}
                    {t_signal!(i18n, form.reset_token)}
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
