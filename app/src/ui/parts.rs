//! The page of all UI parts in all states, to look at while working on them and their style. Only debug builds have it, and
//! only developers read it: its texts stand here, in English.

mod charts;
mod forms;
mod usage;

use crate::error::AppError;
use crate::routes;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::dialog::Dialog;
use crate::ui::empty::empty;
use crate::ui::error_note::ErrorNote;
use crate::ui::icon::{self, Icon};
use crate::ui::language_switch::LanguageSwitch;
use crate::ui::more_menu::{MenuItem, MoreMenu};
use crate::ui::not_refreshed::NotRefreshed;
use crate::ui::page_title::PageTitle;
use crate::ui::pager::Pager;
use crate::ui::theme_switch::ThemeField;
use crate::ui::time::Time;
use crate::ui::toasts::use_toasts;
use crate::words::Words;
use charts::{charts, sparklines};
use chrono::{DateTime, Utc};
use domain::paging::{Count, Cursor, PagePosition, Position};
use forms::{buttons, choices, fields, text};
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use usage::usage;

/// The page.
#[component]
pub fn Parts() -> impl IntoView {
    let sections = [
        ("Language and theme", view! { <LanguageSwitch/> <ThemeField/> }.into_any()),
        ("Buttons", buttons()),
        ("Badges, times and icons", small_parts()),
        ("Fields", fields()),
        ("Choices", choices()),
        ("Menu", menu()),
        ("Notes and errors", notes()),
        ("Messages", messages()),
        ("Dialogs", dialogs()),
        ("Table", table()),
        ("Rows and pager", rows()),
        ("Calls of 30 days", sparklines()),
        ("Charts", charts()),
        ("Nothing there", nothing()),
        ("Usage", usage()),
    ];
    let section = |(title, content): (&'static str, AnyView)| {
        view! {
            <section class="panel">
                <h2>{title}</h2>
                {content}
            </section>
        }
    };
    view! {
        <PageTitle text=Signal::stored("Parts".to_owned())/>
        <main>
            <div class="page-head">
                <h1>"Parts"</h1>
                <p class="lead">"Every UI part in every state. Release builds don't have this page."</p>
            </div>
            {sections.map(section).collect_view()}
        </main>
    }
}

fn small_parts() -> AnyView {
    let long_ago = DateTime::<Utc>::UNIX_EPOCH;
    let icon = |icon: Icon| view! { <span title=format!("{icon:?}")>{icon.view()}</span> };
    view! {
        <p>
            <span class="badge">"Disabled"</span> " " <span class="badge ok">"Enabled"</span> " "
            <span class="badge bad">"401"</span> " " <span class="count-badge">"3"</span>
        </p>
        <p>
            <Time at=Signal::stored(long_ago)/> ", " <Time at=Signal::stored(long_ago) relative=true/> ", "
            <Time at=Signal::stored(long_ago) exact=true/>
        </p>
        <p>{icon::ALL.iter().copied().map(icon).collect_view()}</p>
    }
    .into_any()
}

/// The menu of a list's item.
fn menu() -> AnyView {
    let item = |icon: Icon, label: fn(Words) -> &'static str, danger: bool, disabled: bool| MenuItem {
        icon,
        label,
        danger,
        disabled,
        described_by: None,
        pick: Arc::new(|| {}),
    };
    let items = vec![
        item(Icon::Copy, |_| "Duplicate", false, false),
        item(Icon::Upgrade, |_| "Upgrade version", false, true),
        item(Icon::Trash, |_| "Delete", true, false),
    ];
    let opened = RwSignal::new(false);
    view! {
        <MoreMenu
            label=Signal::stored("Example".to_owned())
            is_last=opened.into()
            on_first_open=Callback::new(move |()| opened.set(true))
            items=Signal::stored(items)
        />
    }
    .into_any()
}

fn notes() -> AnyView {
    let errors = [AppError::SignInNeeded, AppError::Unreachable, AppError::Unavailable];
    let error = |error: AppError| view! { <ErrorNote error=Signal::stored(Some(error))/> };
    view! {
        <div class="note">{Icon::Check.view()} <p>"A note."</p></div>
        <div class="note warning">{Icon::Alert.view()} <p>"A warning."</p></div>
        {errors.map(error).collect_view()}
        <NotRefreshed failed=Signal::stored(Some(AppError::Unreachable)) on_retry=Callback::new(|()| {})/>
    }
    .into_any()
}

fn messages() -> AnyView {
    let toasts = use_toasts();
    let undo = move |_| {
        let taken_back = move || toasts.say("The deletion was undone.".to_owned());
        toasts.offer_undo("“Example” was deleted.".to_owned(), Duration::from_secs(10), taken_back);
    };
    view! {
        <div class="form-actions">
            <button type="button" class="button" on:click=move |_| toasts.say("Saved.".to_owned())>"Done"</button>
            <button type="button" class="button" on:click=move |_| toasts.complain("That failed.".to_owned())>
                "Failed"
            </button>
            <button type="button" class="button" on:click=undo>"With undo"</button>
            <button type="button" class="button" on:click=move |_| toasts.announce("Copied.".to_owned())>
                "For screen readers alone"
            </button>
        </div>
    }
    .into_any()
}

fn dialogs() -> AnyView {
    let (open, wide) = (RwSignal::new(false), RwSignal::new(false));
    let question = RwSignal::new(None::<Question>);
    let ask = move |destructive: bool| {
        question.set(Some(Question {
            title: "Delete “Example”?".to_owned(),
            text: "Integrations that use it will get 401 Unauthorized.".to_owned(),
            confirm: "Delete".to_owned(),
            destructive,
        }));
    };
    let answered = Callback::new(move |()| question.set(None));
    let title = Signal::stored("A dialog".to_owned());
    view! {
        <div class="form-actions">
            <button type="button" class="button" on:click=move |_| open.set(true)>"Dialog"</button>
            <button type="button" class="button" on:click=move |_| wide.set(true)>"Wide dialog"</button>
            <button type="button" class="button" on:click=move |_| ask(false)>"Question"</button>
            <button type="button" class="button" on:click=move |_| ask(true)>"Dangerous question"</button>
        </div>
        <Dialog id="parts-dialog" open=open title=title on_close=Callback::new(move |()| open.set(false))>
            <p>"Escape closes it."</p>
        </Dialog>
        <Dialog id="parts-wide" open=wide title=title on_close=Callback::new(move |()| wide.set(false)) wide=true>
            <p>"Escape closes it."</p>
        </Dialog>
        <ConfirmDialog
            id="parts-question"
            question=question
            pending=Signal::stored(false)
            on_confirm=answered
            on_cancel=answered
        />
    }
    .into_any()
}

fn table() -> AnyView {
    let row = |name: &'static str, state: &'static str, ok: bool| {
        view! {
            <tr>
                <td>{name}</td>
                <td>
                    <span class="badge" class:ok=ok>{state}</span>
                </td>
            </tr>
        }
    };
    view! {
        <div class="users-box">
            <table class="users" aria-label="Example">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody>{row("Aiko Tanaka", "Active", true)} {row("Daniel Oakley", "Deactivated", false)}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn rows() -> AnyView {
    let key = || Some(Cursor("key".to_owned()));
    let middle = Position {
        place: PagePosition::After(Cursor("key".to_owned())),
        rows: 24,
        before: Count::Exactly(24),
        total: Count::Exactly(100),
        first: key(),
        last: key(),
    };
    let first = Position { place: PagePosition::First, before: Count::Exactly(0), first: None, ..middle.clone() };
    let pager = |position: Position, shown: &'static str| {
        view! {
            <Pager
                link=Callback::new(|_| routes::PARTS.to_owned())
                position=Signal::stored(position)
                shown=Signal::stored(shown.to_owned())
            />
        }
    };
    view! {
        <ul class="rows">
            <li>
                <span>"A row with an action"</span>
                <button type="button" class="button small">"Remove"</button>
            </li>
            <li>
                <span>"Another row"</span>
                <button type="button" class="button small">"Remove"</button>
            </li>
        </ul>
        {pager(first, "1–24 of 100")}
        {pager(middle, "25–48 of 100")}
    }
    .into_any()
}

fn nothing() -> AnyView {
    let link = Some((routes::PARTS, text("Create the first")));
    view! {
        {empty(Icon::Key, text("Nothing yet"), text("Create the first one."), link)}
        {empty(Icon::Search, text("No matches"), text("Try a different search, or clear the filters."), None)}
    }
    .into_any()
}
