//! Switching an account's API access on and off.

use crate::account::api::account::{DisableApiAccess, EnableApiAccess};
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::rehearsals::Rehearsed;
use crate::tokens::rehearsed::Asked;
use crate::ui::action_form::{ActionForm, Submit, failure};
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use domain::members::role::Permission;
use domain::tokens::rehearsal::AccountChange;
use leptos::prelude::*;

/// The content while API access is off: the offer to enable it.
#[component]
pub fn AccessOff(enable: ServerAction<EnableApiAccess>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="page-head">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, tokens.title)}</h1>
        </div>
        <section class="empty access-off">
            {Icon::Key.view()}
            <h2>{t_signal!(i18n, access.off_title)}</h2>
            <p>{t_signal!(i18n, access.off_text)}</p>
            <ul>
                <li>{Icon::Check.view()} {t_signal!(i18n, access.off_point_1)}</li>
                <li>{Icon::Check.view()} {t_signal!(i18n, access.off_point_2)}</li>
            </ul>
            <ErrorNote error=failure(enable)/>
            <ActionForm action=enable>
                <Submit
                    pending=enable.pending()
                    label=t_signal!(i18n, access.enable)
                    busy=t_signal!(i18n, access.enabling)
                />
            </ActionForm>
        </section>
    }
}

/// The button to switch API access off, for users whose role has the permission. Folded, as no user needs it every day.
#[component]
pub fn SwitchOff(disable: ServerAction<DisableApiAccess>) -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let hydrated = use_hydrated();
    let asking = RwSignal::new(false);
    // The dialog comes when it is first opened, and stays.
    let was_asked = Memo::new(move |last: Option<&bool>| asking.get() || last == Some(&true));
    let account = asker.account_name.clone();
    let question = Signal::derive(move || {
        asking.get().then(|| Question {
            title: t_string!(i18n, access.switch_off_title).to_owned(),
            text: t_string!(i18n, access.switch_off_text, account = account.as_str()).to_string(),
            confirm: t_string!(i18n, access.switch_off).to_owned(),
            destructive: true,
        })
    });
    let on_confirm = Callback::new(move |()| {
        disable.dispatch(DisableApiAccess {});
        asking.set(false);
    });
    let on_cancel = Callback::new(move |()| asking.set(false));
    let rehearsed = move || {
        let change = Asked::Account(AccountChange::ApiAccessOff);
        asking.get().then(|| view! { <Rehearsed asked=change/> })
    };
    let dialog = move || {
        let (pending, more) = (disable.pending(), ViewFn::from(rehearsed));
        view! { <ConfirmDialog id="switch-off" question pending on_confirm on_cancel more/> }
    };
    asker.role.may(Permission::DisableApiAccess).then(|| {
        view! {
            <footer class="page-foot">
                <details class="danger-zone">
                    <summary>{t_signal!(i18n, access.danger_zone)}</summary>
                    <p class="hint">{t_signal!(i18n, access.switch_off_about)}</p>
                    <button
                        type="button"
                        class="button danger-text"
                        data-waits=""
                        disabled=move || !hydrated.get()
                        on:click=move |_| asking.set(true)
                    >
                        {t_signal!(i18n, access.switch_off)}
                    </button>
                </details>
            </footer>
            {move || was_asked.get().then(dialog)}
        }
    })
}
