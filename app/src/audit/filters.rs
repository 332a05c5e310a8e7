//! The filters of the audit trail, mirrored in the link: kind, text, person, actions and days.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::filter_history::Step;
use crate::ui::not_refreshed::kept;
use crate::ui::reactive::t_signal;
use crate::ui::search_box::{search_box, typed};
use crate::ui::time::use_zone;
use crate::words::{self, Words};
use chrono::NaiveDate;
use domain::audit::action::{About, ActionGroup, ActionKind};
use domain::audit::trail::TrailFilter;
use domain::date;
use domain::members::user::{Person, UserId};
use domain::paging::PagePosition;
use leptos::ev;
use leptos::prelude::*;

/// Reports a change of the filter.
type Go = Callback<(TrailFilter, Step)>;

/// Links to the entries of either kind, and to all.
#[component]
pub fn Kinds(filter: Memo<TrailFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let link = move |kind: Option<ActionKind>| {
        let href = move || filter.with(|filter| routes::audit_trail(routes::AUDIT_TRAIL, &filter.of_kind(kind)));
        let current = move || filter.with(|filter| (filter.kind == kind).then_some("true"));
        let text = move || kind.map_or_else(|| t_string!(i18n, audit.anything), |it| words::action_kind(i18n, it));
        view! { <li><a href=href aria-current=current>{text}</a></li> }
    };
    view! {
        <ul class="audit-kinds" aria-label=t_signal!(i18n, audit.kinds)>
            {link(None)}
            {ActionKind::ALL.map(|kind| link(Some(kind))).collect_view()}
        </ul>
    }
    .into_any()
}

/// The other filters. Without our wasm they are a plain form that requests the same link.
#[component]
pub fn Filters(
    filter: Memo<TrailFilter>,
    go: Go,
    /// The users to choose from, once they are loaded.
    people: Signal<Option<Result<Vec<Person>, AppError>>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = Signal::derive(move || filter.with(|filter| filter.text.clone()));
    let search =
        move |text| go.run((TrailFilter { text, ..filter.get_untracked().at(PagePosition::First) }, Step::Typed));
    let (typed, on_input) = typed(text, Callback::new(search));
    let from = day_field(filter, go, t_signal!(i18n, audit.from), ("from", |it| it.from, |it, day| it.from = day));
    let to = day_field(filter, go, t_signal!(i18n, audit.to), ("to", |it| it.to, |it, day| it.to = day));
    let token = move || filter.with(|filter| filter.token.map(|token| token.0.to_string()));
    let kind = move || filter.with(|filter| filter.kind.map_or("", ActionKind::as_str));
    view! {
        <form class="audit-filters" method="get" action=routes::AUDIT_TRAIL on:submit=move |event| event.prevent_default()>
            {search_box("text", t_signal!(i18n, audit.search), typed, on_input)}
            <Transition fallback=move || person_field(i18n, filter, go, &[])>
                {
                    let (people, _) = kept(move || people.get());
                    move || people.get().map(|people| person_field(i18n, filter, go, &people.unwrap_or_default()))
                }
            </Transition>
            {about_field(i18n, filter, go)}
            {from}
            {to}
            <input type="hidden" name="kind" value=kind/>
            <input type="hidden" name="token" value=move || token().unwrap_or_default()/>
            <a
                class="button quiet"
                href=move || filter.with(|filter| routes::audit_trail(routes::AUDIT_TRAIL, &filter.cleared()))
                aria-disabled=move || (!filter.with(TrailFilter::is_active)).to_string()
                // Clears the text being typed too, which the link does not contain yet.
                on:click=move |_| typed.set(String::new())
            >
                {t_signal!(i18n, filter.clear_all)}
            </a>
            <button class="button no-script" type="submit">{t_signal!(i18n, filter.apply)}</button>
        </form>
        <Show when=move || token().is_some()>
            <p class="note">
                <span>
                    {t_signal!(i18n, audit.one_token)} " "
                    <a href=move || {
                        let all = filter.with(|filter| TrailFilter { token: None, ..filter.at(PagePosition::First) });
                        routes::audit_trail(routes::AUDIT_TRAIL, &all)
                    }>{t_signal!(i18n, audit.all_tokens)}</a>
                </span>
            </p>
        </Show>
    }
}

/// Returns the choice of a user. Users of the same name are told apart by their e-mail addresses.
fn person_field(i18n: Words, filter: Memo<TrailFilter>, go: Go, people: &[Person]) -> AnyView {
    let on_change = move |event: ev::Event| {
        let person = event_target_value(&event).parse().ok().map(UserId);
        go.run((TrailFilter { person, ..filter.get_untracked().at(PagePosition::First) }, Step::Chosen));
    };
    let chosen = filter.with_untracked(|filter| filter.person);
    let is_shared = |name: &str| people.iter().filter(|person| person.name == name).count() > 1;
    let options = people.iter().map(|Person { id, name, email }| {
        let text = if is_shared(name) { format!("{name} <{email}>") } else { name.clone() };
        view! { <option value=id.0.to_string() selected=chosen == Some(*id)>{text}</option> }.into_any()
    });
    let options: Vec<AnyView> = options.collect();
    let value = move || filter.with(|filter| filter.person.map(|id| id.0.to_string())).unwrap_or_default();
    view! {
        <label>
            <span class="label">{t_signal!(i18n, audit.person)}</span>
            <select name="person" prop:value=value on:change=on_change>
                <option value="">{t_signal!(i18n, audit.anyone)}</option>
                {options}
            </select>
        </label>
    }
    .into_any()
}

/// Returns the choice of actions: a group of them, or one.
fn about_field(i18n: Words, filter: Memo<TrailFilter>, go: Go) -> AnyView {
    let on_change = move |event: ev::Event| {
        let about = event_target_value(&event).parse().ok();
        go.run((TrailFilter { about, ..filter.get_untracked().at(PagePosition::First) }, Step::Chosen));
    };
    let value = move || filter.with(|filter| filter.about.map_or("", About::as_str));
    let kind = Memo::new(move |_| filter.with(|filter| filter.kind));
    view! {
        <label>
            <span class="label">{t_signal!(i18n, audit.about)}</span>
            <select name="about" prop:value=value on:change=on_change>
                <option value="">{t_signal!(i18n, audit.anything)}</option>
                {move || about_options(i18n, kind.get(), filter.with_untracked(|filter| filter.about))}
            </select>
        </label>
    }
    .into_any()
}

/// Returns the groups that have actions of the kind, then these actions by group.
fn about_options(i18n: Words, kind: Option<ActionKind>, chosen: Option<About>) -> Vec<AnyView> {
    let offered = |about: About| kind.is_none_or(|kind| about.has(kind));
    let option = |about: About, text: &'static str| {
        view! { <option value=about.as_str() selected=chosen == Some(about)>{text}</option> }.into_any()
    };
    let groups: Vec<_> = ActionGroup::ALL.into_iter().filter(|group| offered(About::Group(*group))).collect();
    let categories = groups.iter().map(|group| option(About::Group(*group), words::action_group(i18n, *group)));
    let categories: (&'static str, Vec<AnyView>) = (t_string!(i18n, audit.categories), categories.collect());
    let by_group = groups.iter().map(|group| {
        let actions = group.actions().filter(|action| offered(About::Action(*action)));
        let actions: Vec<AnyView> =
            actions.map(|action| option(About::Action(action), words::action(i18n, action))).collect();
        (words::action_group(i18n, *group), actions)
    });
    let labelled = |(label, options): (&'static str, Vec<AnyView>)| {
        view! { <optgroup label=label>{options}</optgroup> }.into_any()
    };
    std::iter::once(categories).chain(by_group).map(labelled).collect()
}

/// One of the filter's days: its name in a plain form, and how it is read and set.
type Day = (&'static str, fn(&TrailFilter) -> Option<NaiveDate>, fn(&mut TrailFilter, Option<NaiveDate>));

/// Returns the field for a day in the user's time zone.
fn day_field(filter: Memo<TrailFilter>, go: Go, label: Signal<&'static str>, (name, of, set): Day) -> impl IntoView {
    let zone = use_zone();
    let on_change = move |event: ev::Event| {
        let mut next = filter.get_untracked().at(PagePosition::First);
        set(&mut next, date::parse(&event_target_value(&event)));
        (next.offset, next.end_offset) = (None, None);
        go.run((next.in_zone(|at| zone.offset(at)), Step::Chosen));
    };
    let day = Signal::derive(move || filter.with(of).map(|day| day.to_string()).unwrap_or_default());
    view! {
        <label>
            <span class="label">{label}</span>
            <input type="date" name=name value=day.get_untracked() prop:value=day on:change=on_change/>
        </label>
    }
}
