//! The command palette, by the combobox pattern of the WAI-ARIA Authoring Practices Guide: the focus stays in the input,
//! which names the highlighted option.

use crate::i18n::{t_string, use_i18n};
use crate::shell::keyboard::labels::{icon, keys_view};
use crate::shell::keyboard::palette::{Choice, Group, Item, Palette};
use crate::ui::combobox::list::target;
use crate::ui::dialog::Dialog;
use crate::ui::focus;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::search_box::{is_composed, typed};
use domain::members::role::Role;
use leptos::ev;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

/// The dialog. Closes itself before it reports a choice.
#[component]
pub fn PaletteDialog(
    role: Option<Role>,
    open: Signal<bool>,
    on_close: Callback<()>,
    on_choose: Callback<Choice>,
) -> impl IntoView {
    let i18n = use_i18n();
    let asked = RwSignal::new(String::new());
    let (typed, on_input) = typed(asked.into(), Callback::new(move |text: String| asked.set(text)));
    let palette = Palette::new(i18n, role, typed, asked);
    palette.search();
    Effect::new(move |_| {
        if open.get() {
            palette.clear();
        }
    });
    let items = Memo::new(move |_| palette.items());
    let current = Memo::new(move |_| {
        let picked = palette.picked.get();
        let of = |items: &Vec<Item>| items.iter().position(|item| Some(item.choice) == picked);
        items.with(|items| (!items.is_empty()).then(|| of(items).unwrap_or_default()))
    });
    Effect::new(move |_| {
        let option = current.get().and_then(|index| document().get_element_by_id(&option_id(index)));
        if let Some(option) = option {
            focus::bring_into_view(&option);
        }
    });
    let choose = Callback::new(move |choice: Choice| {
        on_close.run(());
        on_choose.run(choice);
    });
    let input = input(palette, items, current, choose, on_input).into_any();
    view! {
        <Dialog
            id="palette"
            open
            title=Signal::derive(move || t_string!(i18n, keyboard.open).to_owned())
            on_close
            wide=true
        >
            <div class="palette">
                <div class="palette-head">
                    {input}
                    // Touch screens have no Escape.
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=t_signal!(i18n, keyboard.close)
                        on:click=move |_| on_close.run(())
                    >
                        {Icon::Close.view()}
                    </button>
                </div>
                {move || list_view(palette, items, current, choose)}
                <p class="palette-note" role="status">{move || items.with(|items| palette.note(items))}</p>
            </div>
        </Dialog>
    }
}

/// Returns the input, which keeps the focus.
fn input(
    palette: Palette,
    items: Memo<Vec<Item>>,
    current: Memo<Option<usize>>,
    choose: Callback<Choice>,
    mut on_input: impl FnMut(ev::Event) + 'static,
) -> impl IntoView {
    let on_key = move |event: ev::KeyboardEvent| {
        let held = event.shift_key() || event.ctrl_key() || event.meta_key() || event.alt_key();
        let Some(now) = current.get_untracked().filter(|_| !held && !is_composed(&event)) else { return };
        if event.key() == "Enter" {
            event.prevent_default();
            if let Some(item) = items.with_untracked(|items| items.get(now).cloned()) {
                choose.run(item.choice);
            }
        } else if let Some(next) = target(&event.key(), Some(now), items.with_untracked(Vec::len)) {
            event.prevent_default();
            palette.picked.set(items.with_untracked(|items| items.get(next).map(|item| item.choice)));
        }
    };
    let on_input = Rc::new(RefCell::new(move |event: ev::Event| {
        // Another text has another first option.
        palette.picked.set(None);
        on_input(event);
    }));
    // Some browsers report the end of a composition, but no input after it.
    let on_end = Rc::clone(&on_input);
    view! {
        <span class="search">
            {Icon::Search.view()}
            <input
                type="text"
                role="combobox"
                aria-labelledby="palette-title"
                aria-autocomplete="list"
                aria-expanded=move || current.get().is_some().to_string()
                aria-controls="palette-list"
                aria-activedescendant=move || current.get().map(option_id)
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                enterkeyhint="go"
                prop:value=move || palette.typed.get()
                on:input=move |event| (on_input.borrow_mut())(event)
                on:compositionend=move |event| (on_end.borrow_mut())(event.into())
                on:keydown=on_key
            />
        </span>
    }
}

/// Returns the list of options, unless there are none.
fn list_view(
    palette: Palette,
    items: Memo<Vec<Item>>,
    current: Memo<Option<usize>>,
    choose: Callback<Choice>,
) -> Option<AnyView> {
    let i18n = palette.i18n;
    let items: Vec<_> = items.get().into_iter().enumerate().collect();
    let of_group = |group: Group| {
        let of_group = items.iter().filter(|(_, item)| item.group() == group).cloned();
        let options: Vec<_> =
            of_group.map(|(index, item)| option_view(palette, index, item, current, choose)).collect();
        (!options.is_empty()).then(|| {
            let title = group.title(i18n);
            view! {
                <div role="group" aria-label=title>
                    <div class="palette-group" aria-hidden="true">{title}</div>
                    {options}
                </div>
            }
            .into_any()
        })
    };
    let groups: Vec<_> = Group::ALL.into_iter().filter_map(of_group).collect();
    let name = t_string!(i18n, keyboard.found);
    (!groups.is_empty()).then(|| {
        view! { <div id="palette-list" role="listbox" class="palette-list" aria-label=name>{groups}</div> }.into_any()
    })
}

/// Returns an option. One that opens a page is a link to it, for those who open it in another tab.
fn option_view(
    palette: Palette,
    index: usize,
    item: Item,
    current: Memo<Option<usize>>,
    choose: Callback<Choice>,
) -> AnyView {
    let path = item.path();
    let Item { choice, name, sid, keys } = item;
    let shown = match choice {
        Choice::Token(_) => Icon::Key,
        Choice::Action(action) => icon(action),
    };
    let on_click = move |event: ev::MouseEvent| {
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            choose.run(choice);
        }
    };
    // Names of tokens are people's own words.
    let translate = sid.is_some().then_some("no");
    view! {
        <a
            id=option_id(index)
            role="option"
            class="palette-option"
            href=path
            tabindex="-1"
            aria-selected=move || (current.get() == Some(index)).to_string()
            on:click=on_click
            on:mousemove=move |_| {
                if palette.picked.get_untracked() != Some(choice) {
                    palette.picked.set(Some(choice));
                }
            }
        >
            {shown.view()}
            <span class="palette-name" dir="auto" translate=translate>{name}</span>
            {sid.map(|sid| view! { " " <code translate="no">{sid}</code> })}
            <span class="palette-keys" aria-hidden="true">{keys_view(keys)}</span>
        </a>
    }
    .into_any()
}
