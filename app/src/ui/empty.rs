//! A message in place of content that there is not.

use crate::ui::icon::Icon;
use leptos::prelude::*;

/// Returns the message, with a link if there is anything to do.
pub fn empty(
    icon: Icon,
    title: Signal<&'static str>,
    text: Signal<&'static str>,
    link: Option<(&'static str, Signal<&'static str>)>,
) -> AnyView {
    view! {
        <section class="empty">
            {icon.view()}
            <h2>{title}</h2>
            <p>{text}</p>
            {link.map(|(to, text)| view! { <a class="button primary" href=to>{text}</a> })}
        </section>
    }
    .into_any()
}
