//! A form whose action is a server function: a plain form without our wasm, a call with it.
//!
//! Like Leptos's own `ActionForm`, which accepts only its own protocol, and so none that checks the content type.

use crate::error::AppError;
use crate::request::protocol::Form;
use crate::ui::error_note::ErrorNote;
use leptos::ev::SubmitEvent;
use leptos::form::FromFormData;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast as _;

/// The form around the fields. It sends nothing if another handler has prevented the submission.
#[component]
pub fn ActionForm<F>(action: ServerAction<F>, children: Children) -> impl IntoView
where
    F: ServerFn<Protocol = Form, Error = AppError> + DeserializeOwned + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    let on_submit = move |event: SubmitEvent| {
        if event.default_prevented() {
            return;
        }
        event.prevent_default();
        match F::from_event(&event) {
            Ok(call) => _ = action.dispatch(call),
            Err(reason) => action.value().set(Some(Err(AppError::BadRequest(reason.to_string())))),
        }
    };
    view! {
        <form action=F::url() method="post" on:submit=on_submit>
            {children()}
        </form>
    }
}

/// The button that sends a form: disabled while it is `blocked`, or being sent, which `busy` then says if it is given.
#[component]
pub fn Submit(
    #[prop(into)] pending: Signal<bool>,
    label: Signal<&'static str>,
    #[prop(optional)] busy: Option<Signal<&'static str>>,
    #[prop(default = "button primary")] class: &'static str,
    #[prop(default = false.into(), into)] blocked: Signal<bool>,
) -> impl IntoView {
    let text = move || busy.filter(|_| pending.get()).unwrap_or(label).get();
    view! { <button type="submit" class=class disabled=move || pending.get() || blocked.get()>{text}</button> }
}

/// The end of a form: its buttons, and right above them what went wrong.
#[component]
pub fn FormActions(#[prop(into)] error: Signal<Option<AppError>>, children: Children) -> impl IntoView {
    view! {
        <ErrorNote error/>
        <div class="form-actions">{children()}</div>
    }
}

/// Keeps a form from being sent, by a handler that the event reaches before the form's own.
pub fn stop(event: &SubmitEvent) {
    event.prevent_default();
    event.stop_propagation();
}

/// Reads the values of the form below this element as the arguments of a server function.
pub fn read<F: FromFormData>(around: NodeRef<html::Div>) -> Option<F> {
    let form = around.get_untracked()?.query_selector("form").ok()??;
    F::from_form_data(&web_sys::FormData::new_with_form(form.unchecked_ref()).ok()?).ok()
}

/// Returns the error that the action was answered with last, if it was one.
pub fn failure<F>(action: ServerAction<F>) -> Signal<Option<AppError>>
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().get().and_then(Result::err))
}

/// Goes on to the page that `next` returns for a successful answer. It is loaded in full, so that it has the signed-in
/// user, and all that depends on them, from the start.
pub fn load_after<F>(action: ServerAction<F>, next: impl Fn(F::Output) -> String + 'static)
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
{
    Effect::new(move |_| {
        if let Some(Ok(answer)) = action.value().get() {
            _ = window().location().assign(&next(answer));
        }
    });
}
