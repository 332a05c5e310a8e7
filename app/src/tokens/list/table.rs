//! The tokens as rows of a table.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::card::{StateBadge, TokenLink, failed_call, is_disabled, last_used, touched_note};
use crate::tokens::expiry::Expiry;
use crate::tokens::list_view::ChosenView;
use crate::tokens::menu::CardMenu;
use crate::tokens::overlap::OpenOverlap;
use crate::tokens::recent_use::RecentUse;
use crate::ui::more_menu::LastMenu;
use crate::ui::reactive::t_signal;
use domain::paging::PagePosition;
use domain::tokens::command::TokenCommand;
use domain::tokens::filter::{Sort, TokenFilter};
use domain::tokens::token::Token;
use domain::tokens::usage::Sparkline;
use leptos::prelude::*;

/// The table around its rows. On narrow screens each row takes two lines; it is still a table, which some browsers report
/// only with the roles.
#[component]
pub fn TokenTable(chosen: ChosenView, filter: Memo<TokenFilter>, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let heading = |class: &'static str, text: Signal<&'static str>| {
        view! { <th role="columnheader" scope="col" class=class>{text}</th> }
    };
    let sorted = move |text: Signal<&'static str>, sort: Sort, order: &'static str| {
        let link = move || chosen.link(&TokenFilter { sort, ..filter.get().at(PagePosition::First) });
        let current = move || filter.with(|filter| filter.sort == sort).then_some(order);
        view! {
            <th role="columnheader" scope="col" aria-sort=current>
                <a href=link data-noscroll="">{text}</a>
            </th>
        }
    };
    view! {
        <table class="tokens" role="table" aria-label=t_signal!(i18n, tokens.list)>
            <thead role="rowgroup">
                <tr role="row">
                    {sorted(t_signal!(i18n, form.name), Sort::Name, "ascending")}
                    {heading("", t_signal!(i18n, filter.state))}
                    {heading("token-sid", t_signal!(i18n, card.account_sid))}
                    {heading("", t_signal!(i18n, card.contact))}
                    {heading("token-scopes", t_signal!(i18n, card.scopes))}
                    {sorted(t_signal!(i18n, card.last_used), Sort::LastUsed, "descending")}
                    {heading("", t_signal!(i18n, form.expires))}
                    <th role="columnheader" scope="col">
                        <span class="visually-hidden">{t_signal!(i18n, card.more)}</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{children()}</tbody>
        </table>
    }
}

/// The row of a token. It shows and does the same as a card.
#[component]
pub fn TokenRow(
    #[prop(into)] token: Signal<Token>,
    calls: Signal<Option<Sparkline>>,
    touched: Signal<Option<String>>,
    menu: LastMenu,
    on_pick: Callback<TokenCommand>,
) -> impl IntoView {
    let i18n = use_i18n();
    let sid = token.read_untracked().sid.to_string();
    let ends_at = Signal::derive(move || token.with(|token| token.ends_at));
    view! {
        <tr role="row" class:disabled=move || is_disabled(token)>
            <th role="rowheader" scope="row">
                <TokenLink token/>
                {touched_note(touched)}
            </th>
            <td role="cell" class="token-state">
                <StateBadge token/>
            </td>
            <td role="cell" class="token-sid">
                <code>{sid}</code>
            </td>
            <td role="cell" translate="no">{move || token.with(|token| token.primary_contact.name.clone())}</td>
            <td role="cell" class="token-scopes">{move || token.with(|token| token.settings.scopes.iter().count())}</td>
            <td role="cell" data-label=t_signal!(i18n, card.last_used)>
                {move || last_used(i18n, token.with(|token| token.last_used_at))}
                {move || token.with(Token::last_call_failed_at).map(|at| failed_call(i18n, at))}
                <RecentUse calls/>
            </td>
            <td role="cell" data-label=t_signal!(i18n, form.expires)>
                {move || ends_at.get().is_none().then(|| t_string!(i18n, form.expires_never))}
                <Expiry ends_at/>
                <OpenOverlap token/>
            </td>
            <td role="cell" class="token-menu">
                <CardMenu token last=menu on_pick/>
            </td>
        </tr>
    }
}
