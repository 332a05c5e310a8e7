//! The frame of a page for users who are not signed in: the product's name, one card, and the language switch.

use crate::i18n::use_i18n;
use crate::ui::icon::Icon;
use crate::ui::language_switch::LanguageSwitch;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// A page with this title, and its content in the card.
#[component]
pub fn SignedOutPage(#[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <PageTitle text=title/>
        <main class="sign-in">
            <div class="sign-in-card">
                <p class="brand">{Icon::Key.view()} <span>{t_signal!(i18n, product)}</span></p>
                {children()}
            </div>
            <LanguageSwitch/>
        </main>
    }
}
