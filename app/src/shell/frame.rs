//! The frame around every page of a signed-in user: their account, their profile and the navigation.

use crate::account::account_switch::AccountSwitch;
use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::members::api::profile::SwitchAccount;
use crate::routes;
use crate::shell::failed::Failed;
use crate::shell::keyboard::listener::{PaletteButton, Shortcuts};
use crate::shell::keyboard::state::Keyboard;
use crate::shell::navigation::Navigation;
use crate::sign_in::allowed::{use_asker_unknown, use_second_factor_missing, use_session};
use crate::sign_in::api::session::SignOut;
use crate::ui::action_form::ActionForm;
use crate::ui::error_note::ErrorNote;
use crate::ui::icon::Icon;
use crate::ui::language_switch::LanguageSwitch;
use crate::ui::message::use_here;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::members::user::CurrentUser;
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::use_location;

/// Whether the user is leaving, after sign-out or a switch of account: the next page is already decided.
#[derive(Clone, Copy)]
pub struct LeavingPage(pub RwSignal<bool>);

/// Shows the page in its frame, or redirects users who are not signed in to sign-in.
#[component]
pub fn Frame() -> impl IntoView {
    let location = use_location();
    let setting_up = use_second_factor_missing();
    let elsewhere = setting_up && location.pathname.with_untracked(|path| path != routes::PROFILE);
    // Links are followed in the browser, without a check by the server.
    Effect::new(move |_| {
        if setting_up && location.pathname.with(|path| path != routes::PROFILE && routes::has_frame(path)) {
            _ = window().location().assign(routes::PROFILE);
        }
    });
    match use_session() {
        Some(_) if elsewhere => view! { <Redirect path=routes::PROFILE/> }.into_any(),
        Some(asker) => view! { <Framed asker/> }.into_any(),
        None if use_asker_unknown() => view! {
            <main>
                <Failed error=AppError::Unavailable whole=true/>
            </main>
        }
        .into_any(),
        None => view! { <Redirect path=routes::sign_in_then(&use_here())/> }.into_any(),
    }
}

#[component]
fn Framed(asker: CurrentUser) -> impl IntoView {
    let i18n = use_i18n();
    let sheet = NodeRef::<html::Div>::new();
    // A link in the sheet opens another page without a page load, so the sheet would stay open.
    let close_sheet = move |_| {
        if let Some(sheet) = sheet.get_untracked() {
            _ = sheet.hide_popover();
        }
    };
    let (switch, sign_out) = (ServerAction::<SwitchAccount>::new(), ServerAction::<SignOut>::new());
    let keyboard = Keyboard::new(asker.role, sign_out);
    let leaving = RwSignal::new(false);
    provide_context(LeavingPage(leaving));
    // A full page load, so that the page no longer shows data of the account.
    let leave = move |to: &str| {
        leaving.set(true);
        _ = window().location().assign(to);
    };
    Effect::new(move |_| {
        if let Some(Ok(())) = switch.value().get() {
            leave(routes::OVERVIEW);
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(())) = sign_out.value().get() {
            leave(routes::SIGN_IN);
        }
    });
    let failed = move || {
        let failed = |value: Option<Result<(), AppError>>| value.and_then(Result::err);
        failed(switch.value().get()).or_else(|| failed(sign_out.value().get()))
    };
    // The message stands at the top of the page, and the buttons in the bar, which stays.
    Effect::new(move |_| {
        if failed().is_some() {
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    view! {
        <a class="skip" href="#content">{t_signal!(i18n, skip_to_content)}</a>
        <header class="bar">
            <button
                type="button"
                class="icon-button bar-menu"
                popovertarget="menu"
                aria-label=t_signal!(i18n, menu)
            >
                {Icon::Menu.view()}
            </button>
            <a class="brand" href=routes::OVERVIEW>
                {Icon::Key.view()}
                <span>{t_signal!(i18n, product)}</span>
            </a>
            <AccountSwitch here=asker.account name=asker.account_name.clone() switch/>
            <PaletteButton keyboard/>
            <LanguageSwitch/>
            <Person asker sign_out/>
        </header>
        <div class="rail">
            <Navigation/>
        </div>
        <div id="menu" class="rail-sheet" popover="auto" node_ref=sheet on:click=close_sheet>
            <Navigation/>
        </div>
        <main id="content" tabindex="-1">
            {move || failed().map(|error| view! { <ErrorNote error=Some(error)/> })}
            <Outlet/>
        </main>
        <Shortcuts keyboard/>
    }
}

/// The signed-in user, with the button to sign out.
#[component]
fn Person(asker: CurrentUser, sign_out: ServerAction<SignOut>) -> impl IntoView {
    let i18n = use_i18n();
    let role = asker.role;
    view! {
        <button type="button" class="person" popovertarget="person">
            <span class="avatar" aria-hidden="true">{asker.user.name.chars().next().map(String::from)}</span>
            <span class="person-name" dir="auto" translate="no">{asker.user.name.clone()}</span>
        </button>
        <div id="person" class="person-card" popover="auto">
            <p class="person-card-name" dir="auto" translate="no">{asker.user.name}</p>
            <p>{asker.user.email}</p>
            <p>{move || words::role(i18n, role)}</p>
            <p class="person-card-account" dir="auto" translate="no">{asker.account_name}</p>
            <a class="button" href=routes::PROFILE>{t_signal!(i18n, profile.title)}</a>
            <ActionForm action=sign_out>
                <button type="submit" class="button">{t_signal!(i18n, sign_in.sign_out)}</button>
            </ActionForm>
        </div>
    }
}
