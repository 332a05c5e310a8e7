//! A form whose action is a server function: a plain form without our wasm, a call with it.
//!
//! Like Leptos's own `ActionForm`, which accepts only its own protocol, and so none that checks the content type.

use crate::error::AppError;
use crate::request::protocol::Form;
use leptos::ev::SubmitEvent;
use leptos::form::FromFormData as _;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::de::DeserializeOwned;

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
