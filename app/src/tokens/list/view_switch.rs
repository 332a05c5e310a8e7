//! The links that switch between cards and table.

use crate::i18n::use_i18n;
use crate::tokens::list_view::ChosenView;
use crate::ui::reactive::t_signal;
use domain::tokens::filter::TokenFilter;
use domain::tokens::list_view::ListView;
use leptos::prelude::*;

/// A link for each view, which keeps filters, order and page. The browser remembers the view that is chosen.
#[component]
pub fn ViewSwitch(chosen: ChosenView, filter: Memo<TokenFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let choice = move |of: ListView| {
        let text = match of {
            ListView::Cards => t_signal!(i18n, tokens.view_cards),
            ListView::Table => t_signal!(i18n, tokens.view_table),
        };
        view! {
            <a
                href=move || chosen.link_to(of, &filter.get())
                aria-current=move || (chosen.get() == of).then_some("true")
                data-noscroll=""
                on:click=move |_| chosen.remember(of)
            >
                {text}
            </a>
        }
    };
    view! {
        <div class="view-switch" role="group" aria-label=t_signal!(i18n, tokens.view)>
            {ListView::ALL.map(choice).collect_view()}
        </div>
    }
}
