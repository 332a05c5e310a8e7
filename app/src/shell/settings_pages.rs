//! The settings pages that are loaded together, when the first of them is opened. With wasm chunks of its own for each
//! page, there would be very many small ones, larger in total.

use crate::{
    account::{company_information, security_policy},
    audit::trail,
    members::{invitation, list, profile},
    sign_in::{failed, forgotten, new_password, second_step},
};
use leptos::prelude::*;
use leptos_router::LazyRoute;

macro_rules! loaded_together {
    ($($module:ident::$page:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy)]
        enum Page { $($page),* }

        #[lazy]
        fn settings_pages(page: Page) -> AnyView {
            match page { $(Page::$page => $module::$page().into_any()),* }
        }

        $(
            /// The page of that name, loaded on demand.
            pub struct $page;

            impl LazyRoute for $page {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    settings_pages(Page::$page).await
                }

                // Before the page is hydrated, since its view must then be available at once.
                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    preload().await;
                }
            }
        )*
    };
}

loaded_together!(
    list::AccountUsers,
    trail::AuditTrail,
    company_information::CompanyInformation,
    forgotten::Forgotten,
    invitation::AcceptInvitation,
    new_password::NewPassword,
    profile::Profile,
    security_policy::SecurityPolicy,
    second_step::SecondStep,
    failed::SignInFailed,
);

/// Loads the pages before they are needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_settings_pages().await;
}
