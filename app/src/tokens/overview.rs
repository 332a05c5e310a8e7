//! The overview of the account: the access tokens that need a person, how many there are, and their calls.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::shell::failed::Failed;
use crate::shell::settings::settings_link;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::activity::{OpenOverlaps, calls, failing};
use crate::tokens::api::overview;
use crate::tokens::rehearsals::Trials;
use crate::tokens::usage_api::account_usage;
use crate::ui::empty::empty;
use crate::ui::error_note::ErrorNote;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::gate::api_version::ApiVersion;
use domain::members::role::Permission;
use domain::members::user::CurrentUser;
use domain::paging::Count;
use domain::tokens::condition::{Condition, TokenOverview, Urgency};
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::TokenState;
use domain::tokens::usage::AccountUsage;
use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

/// The page, for all signed-in users.
pub struct Overview;

#[lazy_route]
impl LazyRoute for Overview {
    fn data() -> Self {
        Self
    }

    fn view(Overview: Self) -> AnyView {
        OverviewPage().into_any()
    }
}

#[component]
fn OverviewPage() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let account = asker.account_name.clone();
    let content = if asker.role.may(Permission::SeeTokens) {
        view! {
            <TokensAtAGlance/>
            <Trials/>
        }
        .into_any()
    } else {
        view! { <WithoutTokens asker/> }.into_any()
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, overview.title).to_owned())/>
        <div class="page-head">
            <h1>{t_signal!(i18n, overview.title)}</h1>
            <p class="lead" dir="auto">{account}</p>
        </div>
        {content}
    }
}

/// The tokens that need a person, the numbers of all, and their calls.
#[component]
fn TokensAtAGlance() -> impl IntoView {
    let i18n = use_i18n();
    let loaded = Resource::new(|| (), |()| overview());
    let used = Resource::new(|| (), |()| account_usage());
    let shown = move |(loaded, used): (Result<TokenOverview, AppError>, _)| match loaded {
        Ok(overview) => glance(i18n, overview, used),
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    view! {
        <Transition fallback=move || view! { <p role="status">{t_signal!(i18n, overview.loading)}</p> }>
            {move || loaded.get().zip(used.get()).map(shown)}
        </Transition>
    }
}

/// Returns the content, or the first step to take instead.
fn glance(i18n: Words, overview: TokenOverview, used: Result<AccountUsage, AppError>) -> AnyView {
    if !overview.api_access {
        return empty(
            Icon::Key,
            t_signal!(i18n, overview.access_off),
            t_signal!(i18n, overview.access_off_text),
            Some((routes::TOKENS, t_signal!(i18n, overview.to_access))),
        );
    }
    if overview.all == Count::Exactly(0) {
        return empty(
            Icon::Key,
            t_signal!(i18n, tokens.none_title),
            t_signal!(i18n, tokens.none_text),
            Some((routes::NEW_TOKEN, t_signal!(i18n, tokens.create))),
        );
    }
    let is_calm = used.as_ref().is_ok_and(|used| used.failing.is_empty());
    let (failing, calls) = match used {
        Ok(used) => (failing(i18n, used.failing), calls(i18n, used.days)),
        Err(error) => (None, view! { <ErrorNote error=Some(error)/> }.into_any()),
    };
    let needs = needs(i18n, &overview, is_calm);
    let figures = [
        figure(i18n, overview.count(Condition::Working), &within(Condition::Working), t_signal!(i18n, filter.working)),
        figure(i18n, overview.disabled, &disabled(), t_signal!(i18n, state.disabled)),
        figure(i18n, overview.all, &TokenFilter::default(), t_signal!(i18n, overview.all)),
    ];
    view! {
        {failing}
        {needs}
        <OpenOverlaps tokens=overview.overlaps/>
        {calls}
        <section class="panel glance" aria-labelledby="glance-numbers">
            <h2 id="glance-numbers">{t_signal!(i18n, tokens.list)}</h2>
            <ul class="figures">{figures.into_iter().collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// Returns what needs a person, the worst first, or that nothing does if all else is calm, too.
fn needs(i18n: Words, overview: &TokenOverview, is_calm: bool) -> Option<AnyView> {
    let needs: Vec<_> = overview.needs().collect();
    let urgent = needs.iter().any(|(condition, _)| condition.urgency() < Urgency::Sometime);
    let mut rows: Vec<_> = needs.into_iter().map(|(condition, count)| need(i18n, condition, count)).collect();
    if overview.disabled != Count::Exactly(0) {
        let (title, hint) = (t_signal!(i18n, state.disabled), t_signal!(i18n, overview.disabled));
        rows.push(row(i18n, "link-row need", overview.disabled, &disabled(), title, move || hint.get().to_owned()));
    }
    if rows.is_empty() {
        let (title, text) = (t_signal!(i18n, overview.calm), t_signal!(i18n, overview.calm_text));
        return is_calm.then(|| empty(Icon::Check, title, text, None));
    }
    let title = if urgent { t_signal!(i18n, overview.needs) } else { t_signal!(i18n, overview.tidy) };
    let section = view! {
        <section class="panel glance" aria-labelledby="glance-needs">
            <h2 id="glance-needs">{title}</h2>
            <ul class="needs">{rows}</ul>
        </section>
    };
    Some(section.into_any())
}

/// Returns a link to the tokens in the condition, with what to do about them.
fn need(i18n: Words, condition: Condition, count: Count) -> AnyView {
    let class = match condition.urgency() {
        Urgency::Now => "link-row need now",
        Urgency::Soon => "link-row need soon",
        Urgency::Sometime | Urgency::None => "link-row need",
    };
    let title = Signal::derive(move || words::condition(i18n, condition));
    row(i18n, class, count, &within(condition), title, move || advice(i18n, condition))
}

/// Returns what to do about tokens in the condition.
fn advice(i18n: Words, condition: Condition) -> String {
    let text = match condition {
        Condition::Working => "",
        Condition::ExpiredInUse => t_string!(i18n, overview.expired_in_use),
        Condition::Expiring => t_string!(i18n, overview.expiring),
        Condition::ContactDeactivated => t_string!(i18n, overview.contact_deactivated),
        Condition::OldVersion => return t_string!(i18n, overview.old_version, number = ApiVersion::NEWEST).to_string(),
        Condition::Unused => t_string!(i18n, overview.unused),
        Condition::NeverUsed => t_string!(i18n, overview.never_used),
    };
    text.to_owned()
}

/// Returns a link to these tokens, with their number.
fn row(
    i18n: Words,
    class: &'static str,
    count: Count,
    filter: &TokenFilter,
    title: Signal<&'static str>,
    hint: impl Fn() -> String + Send + Sync + 'static,
) -> AnyView {
    view! {
        <li>
            <a class=class href=routes::tokens(filter)>
                <span class="need-count">{move || counted(i18n, count)}</span>
                " "
                <span class="need-text">
                    <strong>{title}</strong>
                    " "
                    <span>{hint}</span>
                </span>
                {Icon::ChevronRight.view()}
            </a>
        </li>
    }
    .into_any()
}

/// Returns a number of tokens, as a link to them.
fn figure(i18n: Words, count: Count, filter: &TokenFilter, label: Signal<&'static str>) -> AnyView {
    view! {
        <li>
            <a href=routes::tokens(filter)>
                <strong>{move || counted(i18n, count)}</strong>
                " "
                <span>{label}</span>
            </a>
        </li>
    }
    .into_any()
}

/// Returns the number in digits.
fn counted(i18n: Words, count: Count) -> String {
    match count {
        Count::Exactly(count) => number(count),
        Count::MoreThan(count) => t_string!(i18n, overview.over, count = number(count)).to_string(),
    }
}

fn within(condition: Condition) -> TokenFilter {
    TokenFilter { condition: Some(condition), ..TokenFilter::default() }
}

fn disabled() -> TokenFilter {
    TokenFilter { state: Some(TokenState::Disabled), ..TokenFilter::default() }
}

/// The content for users whose role does not let them see tokens.
#[component]
fn WithoutTokens(asker: CurrentUser) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        let role = words::role(i18n, asker.role);
        t_string!(i18n, overview.without_text, role = role, account = asker.account_name.as_str()).to_string()
    };
    view! {
        <section class="panel glance" aria-labelledby="glance-without">
            <h2 id="glance-without">{t_signal!(i18n, overview.without)}</h2>
            <p>{text}</p>
        </section>
        <section class="panel glance" aria-labelledby="glance-yours">
            <h2 id="glance-yours">{t_signal!(i18n, overview.yours)}</h2>
            {settings_link(Icon::People, routes::PROFILE, t_signal!(i18n, profile.title), t_signal!(i18n, profile.lead))}
        </section>
    }
}
