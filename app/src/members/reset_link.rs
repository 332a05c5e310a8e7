//! Creating a link with which a user sets a new password: a dialog that asks for confirmation, and one that says that
//! the link was mailed, or shows it once.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::api::password_reset::{ResetLink, make_reset_link};
use crate::sign_in::guarded::{Guarded, GuardedDialog};
use crate::ui::confirm_dialog::Question;
use crate::ui::dialog::Dialog;
use crate::ui::once::LinkShownOnce;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::use_toasts;
use domain::members::membership::Member;
use leptos::prelude::*;

/// Asks for confirmation before it creates a link for the user that is asked about, then says what happened to the
/// link.
#[component]
pub fn ResetLinkDialogs(guarded: Guarded<Member>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let made = RwSignal::new(None::<ResetLink>);
    let request = move |member: Member| {
        let id = member.person.id;
        guarded.run_or_ask_again(member, make_reset_link(id), move |result| match result {
            Ok(link) => _ = made.try_set(Some(link)),
            Err(error) => toasts.complain(error.text(i18n)),
        });
    };
    let question = move |member: Member| {
        let name = member.person.name.as_str();
        Question {
            title: t_string!(i18n, reset_link.ask_title, name = name).to_string(),
            text: t_string!(i18n, reset_link.ask_text, name = name).to_string(),
            confirm: t_string!(i18n, reset_link.make).to_owned(),
            destructive: false,
        }
    };
    view! {
        <GuardedDialog id="reset-password" guarded question on_confirm=request/>
        <MadeDialog made/>
    }
}

/// Says that the link was mailed, or shows it. Escape doesn't close a dialog with a link, because it can't be shown
/// again.
#[component]
fn MadeDialog(made: RwSignal<Option<ResetLink>>) -> impl IntoView {
    let i18n = use_i18n();
    // The title stays while the dialog closes.
    let email = Memo::new(move |last: Option<&String>| {
        let email = made.with(|made| made.as_ref().map(|made| made.email.clone()));
        email.or_else(|| last.cloned()).unwrap_or_default()
    });
    let content = move |link: ResetLink| match link.token {
        None => {
            let text = move || t_string!(i18n, reset_link.mailed, email = email.get()).to_string();
            view! { <p>{text}</p> }.into_any()
        }
        Some(token) => {
            let failed = move || t_string!(i18n, reset_link.mail_failed, email = email.get()).to_string();
            let warning = move || t_string!(i18n, reset_link.warning, email = email.get()).to_string();
            view! {
                <LinkShownOnce
                    path=routes::new_password(&token)
                    warning=Signal::derive(warning)
                    failed=link.mail_failed.then(|| Signal::derive(failed))
                />
            }
            .into_any()
        }
    };
    let shows_link = move || made.with(|made| made.as_ref().is_some_and(|made| made.token.is_some()));
    view! {
        <Dialog
            id="reset-link"
            open=Signal::derive(move || made.with(Option::is_some))
            title=Signal::derive(move || t_string!(i18n, reset_link.title, email = email.get()).to_string())
            on_close=Callback::new(move |()| made.set(None))
            keep_open=Signal::derive(shows_link)
            wide=true
        >
            {move || made.get().map(content)}
            <div class="dialog-actions">
                <button type="button" class="button primary" on:click=move |_| made.set(None)>
                    {t_signal!(i18n, secret.done)}
                </button>
            </div>
        </Dialog>
    }
}
