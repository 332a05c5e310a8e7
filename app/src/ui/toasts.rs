//! Messages that say what happened, some with a temporary offer to undo it.

use crate::i18n::{t_string, use_i18n};
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The time for which a message without undo is shown.
const SHOWN_FOR: Duration = Duration::from_secs(7);
/// The number of messages shown at a time; older ones are folded, behind a button.
const SHOWN_AT_A_TIME: usize = 3;

/// The id of the next message.
static NEXT_ID: AtomicUsize = AtomicUsize::new(0);

/// The kind of message, for its colour and for screen readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Done,
    Failed,
}

#[derive(Clone)]
struct Toast {
    id: usize,
    tone: Tone,
    text: String,
    undo: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// The list of current messages.
#[derive(Clone, Copy)]
pub struct ToastRack {
    toasts: RwSignal<Vec<Toast>>,
    /// Whether the older messages are shown too.
    unfolded: RwSignal<bool>,
    /// The last message for screen readers alone.
    announced: RwSignal<String>,
}

/// Provides the list. Called once, by the app.
pub fn provide_toasts() {
    provide_context(ToastRack {
        toasts: RwSignal::new(Vec::new()),
        unfolded: RwSignal::new(false),
        announced: RwSignal::new(String::new()),
    });
}

/// Returns the list of current messages.
pub fn use_toasts() -> ToastRack {
    expect_context()
}

impl ToastRack {
    /// Says that an action succeeded. The message disappears after a while.
    pub fn say(self, text: String) {
        self.add(Tone::Done, text, None, Some(SHOWN_FOR));
    }

    /// Says to screen readers alone that an action succeeded, which the page itself shows to all others.
    pub fn announce(self, text: String) {
        self.announced.set(text);
    }

    /// Says that an action failed. The message stays until it is dismissed.
    pub fn complain(self, text: String) {
        self.add(Tone::Failed, text, None, None);
    }

    /// Says that an action succeeded and offers to undo it, for as long as that is possible.
    pub fn offer_undo(self, text: String, shown_for: Duration, undo: impl Fn() + Send + Sync + 'static) {
        self.add(Tone::Done, text, Some(Arc::new(undo)), Some(shown_for));
    }

    fn add(self, tone: Tone, text: String, undo: Option<Arc<dyn Fn() + Send + Sync>>, shown_for: Option<Duration>) {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self.toasts.update(|toasts| toasts.push(Toast { id, tone, text, undo }));
        if let Some(shown_for) = shown_for {
            set_timeout(move || self.dismiss(id), shown_for);
        }
    }

    fn dismiss(self, id: usize) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
        if self.toasts.with_untracked(Vec::len) <= SHOWN_AT_A_TIME && self.unfolded.get_untracked() {
            self.unfolded.set(false);
        }
    }

    /// Returns the number of messages that are older than those shown.
    fn older(self) -> usize {
        self.toasts.with(|toasts| toasts.len().saturating_sub(SHOWN_AT_A_TIME))
    }

    /// Returns whether the message is one of the older ones, and they are folded.
    fn is_folded(self, id: usize) -> bool {
        let older = self.older();
        !self.unfolded.get() && self.toasts.with(|toasts| toasts.iter().take(older).any(|toast| toast.id == id))
    }

    fn of(self, tone: Tone) -> Vec<Toast> {
        self.toasts.with(|toasts| toasts.iter().filter(|toast| toast.tone == tone).cloned().collect())
    }
}

/// Shows the messages. The regions are in the page from the start, so that screen readers watch them.
#[component]
pub fn Toasts() -> impl IntoView {
    let i18n = use_i18n();
    let rack = use_toasts();
    let unfolded = rack.unfolded;
    let more = move || {
        if unfolded.get() {
            t_string!(i18n, done.fewer).to_owned()
        } else {
            t_string!(i18n, done.more, count = rack.older()).to_string()
        }
    };
    view! {
        <p class="visually-hidden" role="status">{move || rack.announced.get()}</p>
        <section class="toasts" aria-label=t_signal!(i18n, done.messages)>
            <Show when=move || { rack.older() > 0 }>
                <button
                    type="button"
                    class="button small toasts-more"
                    aria-expanded=move || unfolded.get().to_string()
                    on:click=move |_| unfolded.update(|unfolded| *unfolded = !*unfolded)
                >
                    {more}
                </button>
            </Show>
            <div role="status">
                <For each=move || rack.of(Tone::Done) key=|toast| toast.id let(toast)>
                    <ToastView toast rack/>
                </For>
            </div>
            <div role="alert">
                <For each=move || rack.of(Tone::Failed) key=|toast| toast.id let(toast)>
                    <ToastView toast rack/>
                </For>
            </div>
        </section>
    }
}

#[component]
fn ToastView(toast: Toast, rack: ToastRack) -> impl IntoView {
    let i18n = use_i18n();
    let Toast { id, tone, text, undo } = toast;
    let icon = if tone == Tone::Failed { Icon::Alert } else { Icon::Check };
    view! {
        <div class="toast" class:failed=tone == Tone::Failed hidden=move || rack.is_folded(id)>
            {icon.view()}
            <p title=text.clone()>{text.clone()}</p>
            {undo
                .map(|undo| {
                    let undo = move |_| {
                        rack.dismiss(id);
                        undo();
                    };
                    view! { <button type="button" class="toast-undo" on:click=undo>{t_signal!(i18n, done.undo)}</button> }
                })}
            <button
                type="button"
                class="icon-button"
                aria-label=t_signal!(i18n, done.dismiss)
                on:click=move |_| rack.dismiss(id)
            >
                {Icon::Close.view()}
            </button>
        </div>
    }
}
