//! Asks before a page with changes that are not saved is left: by a link, by the browser's Back, or with its tab.

use crate::i18n::{t_string, use_i18n};
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::history_entry;
use crate::ui::message::use_here;
use crate::ui::window_event::{GOES_BACK, on_window};
use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};

/// The state of the question.
#[derive(Clone, Copy)]
struct Leaving {
    asked: RwSignal<bool>,
    /// The link that was clicked. `None` if the user went back.
    link: StoredValue<Option<SendWrapper<web_sys::HtmlAnchorElement>>>,
    /// Whether the user has decided to leave.
    decided: StoredValue<bool>,
    changed: Callback<(), bool>,
}

impl Leaving {
    /// Returns whether leaving loses changes.
    fn loses(self) -> bool {
        self.decided.try_get_value() == Some(false) && self.changed.try_run(()) == Some(true)
    }

    fn ask(self, link: Option<web_sys::HtmlAnchorElement>) {
        self.link.set_value(link.map(SendWrapper::new));
        self.asked.set(true);
    }

    /// Asks instead of leaving. `here` is the page's address.
    fn listen(self, here: String) {
        on_window("click", move |event| {
            if let Some(link) = link_away(&event).filter(|_| self.loses()) {
                event.prevent_default();
                event.stop_immediate_propagation();
                self.ask(Some(link));
            }
        });
        on_window(GOES_BACK, move |event| {
            // The browser shows the other address by now. The router must not hear of it.
            let path = window().location().pathname().unwrap_or_default();
            if here.split('?').next() != Some(path.as_str()) && self.loses() {
                event.prevent_default();
                history_entry::begin(&here);
                self.ask(None);
            }
        });
        // The browser asks by a text of its own.
        on_window("beforeunload", move |event| {
            if self.loses() {
                event.prevent_default();
                _ = Reflect::set(&event, &"returnValue".into(), &JsValue::TRUE);
            }
        });
    }

    fn leave(self) {
        self.asked.set(false);
        self.decided.set_value(true);
        let link = self.link.get_value();
        spawn_local(async move {
            // The question closes before the page with its dialog is left.
            tick().await;
            match link {
                Some(link) => link.click(),
                None => _ = window().history().and_then(|history| history.back()),
            }
        });
    }
}

/// Asks before the user leaves the page while `changed` returns true. If they leave, calls `on_leave`.
#[component]
pub fn AskBeforeLeaving(
    /// The dialog's id, unique on the page.
    id: &'static str,
    changed: Callback<(), bool>,
    #[prop(optional)] on_leave: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let leaving = Leaving {
        asked: RwSignal::new(false),
        link: StoredValue::new(None),
        decided: StoredValue::new(false),
        changed,
    };
    Effect::new(move |_| leaving.listen(here.clone()));
    let question = move || {
        leaving.asked.get().then(|| Question {
            title: t_string!(i18n, ask.leave_title).to_owned(),
            text: t_string!(i18n, ask.leave_text).to_owned(),
            confirm: t_string!(i18n, ask.leave).to_owned(),
            destructive: true,
        })
    };
    let confirm = move |()| {
        if let Some(on_leave) = on_leave {
            on_leave.run(());
        }
        leaving.leave();
    };
    view! {
        <ConfirmDialog
            id
            question=Signal::derive(question)
            pending=false
            on_confirm=Callback::new(confirm)
            on_cancel=Callback::new(move |()| leaving.asked.set(false))
        />
    }
}

/// Returns the link by which the click opens another page of this site, in this tab.
fn link_away(event: &web_sys::Event) -> Option<web_sys::HtmlAnchorElement> {
    let mouse = event.dyn_ref::<web_sys::MouseEvent>()?;
    if mouse.button() != 0 || mouse.meta_key() || mouse.ctrl_key() || mouse.shift_key() || mouse.alt_key() {
        return None;
    }
    let link = event.target()?.dyn_into::<web_sys::Element>().ok()?.closest("a[href]").ok()??;
    let link = link.dyn_into::<web_sys::HtmlAnchorElement>().ok()?;
    let location = window().location();
    let here = location.origin().ok()? == link.origin();
    let another = location.pathname().ok()? != link.pathname();
    (here && another && link.target().is_empty() && !link.has_attribute("download")).then_some(link)
}
