//! A form whose action is a server function: a plain one without our wasm, a call with it.
//!
//! As Leptos's own, which takes no protocol but its own and so none that looks at the content type.

use crate::api::protocol::Form;
use crate::error::AppError;
use leptos::ev::SubmitEvent;
use leptos::form::FromFormData as _;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::de::DeserializeOwned;

/// The form around the fields. Whatever prevents the submission keeps it from being sent.
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
