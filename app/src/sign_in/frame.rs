//! The frame of a page for users who are not signed in: the product's name, one card, and the language switch.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::ui::icon::Icon;
use crate::ui::language_switch::LanguageSwitch;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// Returns the page that a link with a token leads to: `page` shows the token and what `load` knows of it.
pub fn link_page<T, F>(
    title: Signal<&'static str>,
    load: fn(String) -> F,
    page: fn(String, Result<T, AppError>) -> AnyView,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|params| params.get("token").unwrap_or_default()));
    let loaded = Resource::new(
        move || token.get(),
        move |token| async move {
            let answer = load(token.clone()).await;
            (token, answer)
        },
    );
    view! {
        <SignedOutPage title>
            <Transition>{move || loaded.get().map(|(token, answer)| page(token, answer))}</Transition>
        </SignedOutPage>
    }
}
