//! What people see: pages, components, locales; and the server functions they call.
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
use i18n::*;
/// The document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"/><HydrationScripts options/><MetaTags/></head><body><App/></body></html>
    }
}
/// App
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! { <I18nContextProvider><Router><main><Routes fallback=|| "Page not found."><Route path=path!("") view=Home/></Routes></main></Router></I18nContextProvider> }
}
#[component]
fn Home() -> impl IntoView {
    let i18n = use_i18n();
    let r = Resource::new(|| (), |()| hi());
    view! { <button on:click=move |_| i18n.set_locale(Locale::ja)>{t!(i18n, menu)}</button> {move || t_string!(i18n, hello, name = "x").to_string()} <Suspense>{move || r.get().map(|x| x.unwrap_or_default())}</Suspense>}
}
/// Hi
#[server]
pub async fn hi() -> Result<String, ServerFnError> {
    Ok("a".into())
}
