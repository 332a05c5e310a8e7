//! Focus and scrolling when the page changes within the app: a new page's heading takes the focus, Back returns to where
//! the page was scrolled to, and the focus of an element that is removed goes to its neighbour.

use crate::ui::focus::{self, FocusPlace};
use crate::ui::history_entry::EntryValue;
use crate::ui::window_event::{GOES_BACK, on_window};
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use send_wrapper::SendWrapper;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// The pause in scrolling after which the position is kept.
const SCROLLING_PAUSE: Duration = Duration::from_millis(150);
/// The events by which users take scrolling into their own hands.
const OWN_SCROLLING: [&str; 4] = ["wheel", "touchmove", "pointerdown", "keydown"];

/// The state of the page that is shown.
#[derive(Clone, Copy)]
struct ShownPage {
    /// The path that the router shows, or is about to.
    path: Memo<String>,
    /// The heading of the page that the user may be leaving.
    left: StoredValue<Option<SendWrapper<web_sys::HtmlElement>>>,
    /// Whether the page of the path is not shown yet.
    awaited: StoredValue<bool>,
    /// The address that the browser's Back has led to, and where it was scrolled to.
    back_to: StoredValue<Option<(String, f64)>>,
    /// The place of the element that had the focus last.
    focused: StoredValue<Option<SendWrapper<FocusPlace>>>,
    /// Whether a look at the page is due.
    due: StoredValue<bool>,
}

/// Follows changes of the page. Used once by the app, below its router.
#[component]
pub fn PageChanges() -> impl IntoView {
    let page = ShownPage {
        path: use_location().pathname,
        left: StoredValue::new(None),
        awaited: StoredValue::new(false),
        back_to: StoredValue::new(None),
        focused: StoredValue::new(None),
        due: StoredValue::new(false),
    };
    Effect::new(move |_| page.listen());
    Effect::new(move |last: Option<String>| {
        let path = page.path.get();
        if last.is_some_and(|last| last != path) {
            page.awaited.set_value(true);
            page.look_soon();
        }
        path
    });
}

impl ShownPage {
    fn listen(self) {
        on_window("click", move |_| {
            self.leave();
            self.back_to.set_value(None);
            self.keep_scrolling();
        });
        on_window(GOES_BACK, move |_| self.leave());
        on_window("popstate", move |_| {
            self.back_to.set_value(address().map(|to| (to, EntryValue::Scroll.get().unwrap_or_default())));
        });
        for event in OWN_SCROLLING {
            on_window(event, move |_| self.back_to.set_value(None));
        }
        let mut keep_scrolling = debounce(SCROLLING_PAUSE, move |()| self.keep_scrolling());
        on_window("scroll", move |_| keep_scrolling(()));
        on_window("focusin", move |event| {
            let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            self.focused.set_value(element.map(|element| SendWrapper::new(FocusPlace::of(element))));
        });
        self.observe();
    }

    /// Looks at the page whenever its elements change.
    fn observe(self) {
        let look: Box<dyn FnMut(JsValue)> = Box::new(move |_| self.look_soon());
        let look = Closure::wrap(look).into_js_value();
        let options = web_sys::MutationObserverInit::new();
        options.set_child_list(true);
        options.set_subtree(true);
        if let (Ok(observer), Some(body)) = (web_sys::MutationObserver::new(look.unchecked_ref()), document().body()) {
            _ = observer.observe_with_options(&body, &options);
        }
    }

    fn leave(self) {
        self.left.set_value(focus::heading().map(SendWrapper::new));
    }

    /// Keeps the scroll position in the history's entry, unless it is not this page's own at the moment.
    fn keep_scrolling(self) {
        let is_shown = self.path.try_get_untracked().is_some_and(|path| window().location().pathname() == Ok(path));
        if !is_shown || self.awaited.get_value() || self.back_to.get_value().is_some() {
            return;
        }
        let (now, kept) = (scrolled(), EntryValue::Scroll.get().unwrap_or_default());
        if (now - kept).abs() >= 1.0 {
            EntryValue::Scroll.set(now);
        }
    }

    /// Looks at the page before it is drawn next: dialogs and handlers have moved the focus by then.
    fn look_soon(self) {
        if !self.due.get_value() {
            self.due.set_value(true);
            request_animation_frame(move || self.look());
        }
    }

    fn look(self) {
        self.due.set_value(false);
        if self.awaited.get_value() {
            self.arrive();
        }
        if self.awaited.get_value() {
            return;
        }
        self.scroll_back();
        self.hand_on_focus();
    }

    /// Hands the focus on if its element was removed.
    fn hand_on_focus(self) {
        let is_gone = self.focused.with_value(|place| place.as_ref().is_some_and(|place| place.is_gone()));
        if !is_gone || !focus::is_lost() {
            return;
        }
        // Taken out, as the element that gets the focus is put in.
        if let Some(place) = self.focused.try_update_value(Option::take).flatten()
            && !place.take_over()
        {
            self.focused.set_value(Some(place));
        }
    }

    /// Moves the focus to the heading of the new page, once that is there, unless the link names another element of
    /// it or the user has moved the focus there already.
    fn arrive(self) {
        let Some(heading) = focus::heading() else { return };
        if self.left.with_value(|left| left.as_ref().is_some_and(|left| **left == heading)) {
            return;
        }
        self.awaited.set_value(false);
        let has_hash = window().location().hash().is_ok_and(|hash| !hash.is_empty());
        let within = document().query_selector("main :focus, dialog[open]").is_ok_and(|found| found.is_some());
        if !has_hash && !within {
            focus::to_heading(&heading);
        }
    }

    /// Scrolls to where the page was scrolled to, as soon as it is long enough.
    fn scroll_back(self) {
        let Some((of, to)) = self.back_to.get_value() else { return };
        if address() != Some(of) {
            self.back_to.set_value(None); // the way back was stopped
            return;
        }
        window().scroll_to_with_x_and_y(0.0, to);
        if (scrolled() - to).abs() < 2.0 {
            self.back_to.set_value(None);
        }
    }
}

fn address() -> Option<String> {
    window().location().href().ok()
}

fn scrolled() -> f64 {
    window().scroll_y().unwrap_or_default()
}
