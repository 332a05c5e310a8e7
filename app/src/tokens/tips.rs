//! Tips for keeping access tokens secure.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::allowed::allowed;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use domain::members::role::Permission;
use leptos::prelude::*;

/// The page, for users whose role has the permission.
#[component]
pub fn Tips() -> impl IntoView {
    allowed(Permission::SeeTokens, || TipsPage().into_any())
}

#[component]
fn TipsPage() -> impl IntoView {
    let i18n = use_i18n();
    let tip = |icon: Icon, title: AnyView, text: AnyView| {
        view! {
            <li>
                {icon.view()}
                <h2>{title}</h2>
                <p>{text}</p>
            </li>
        }
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, tips.title).to_owned())/>
        <div class="page-head">
            <a class="back" href=routes::TOKENS>{Icon::ChevronLeft.view()} {t_signal!(i18n, tokens.title)}</a>
            <h1>{t_signal!(i18n, tips.title)}</h1>
            <p class="lead">{t_signal!(i18n, tips.lead)}</p>
        </div>
        <ul class="tips">
            {tip(Icon::Shield, t_signal!(i18n, tips.share).into_any(), t_signal!(i18n, tips.share_text).into_any())}
            {tip(Icon::Key, t_signal!(i18n, tips.store).into_any(), t_signal!(i18n, tips.store_text).into_any())}
            {tip(Icon::Reset, t_signal!(i18n, tips.rotate).into_any(), t_signal!(i18n, tips.rotate_text).into_any())}
            {tip(Icon::Filter, t_signal!(i18n, tips.least).into_any(), t_signal!(i18n, tips.least_text).into_any())}
            {tip(Icon::Alert, t_signal!(i18n, tips.reset).into_any(), t_signal!(i18n, tips.reset_text).into_any())}
            {tip(Icon::Check, t_signal!(i18n, tips.contacts).into_any(), t_signal!(i18n, tips.contacts_text).into_any())}
        </ul>
    }
}
