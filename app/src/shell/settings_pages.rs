//! The settings pages that are loaded together, when the first of them is opened. With wasm chunks of its own for each
//! page, there would be very many small ones, larger in total.

use crate::{
    account::{company_information, security_policy},
    audit::trail,
    members::{invitation, list, profile},
    sign_in::{allowed::allowed, failed, forgotten, new_password, second_step},
};
use domain::members::role::Permission;
use leptos::prelude::*;
use leptos_router::LazyRoute;

macro_rules! loaded_together {
    ($($module:ident::$page:ident $(if $permission:ident)?),* $(,)?) => {
        #[derive(Debug, Clone, Copy)]
        enum Page { $($page),* }

        #[lazy]
        fn settings_pages(page: Page) -> AnyView {
            match page {
                $(Page::$page => loaded_together!(@view $module::$page $($permission)?)),*
            }
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
    (@view $module:ident::$page:ident) => {
        $module::$page().into_any()
    };
    (@view $module:ident::$page:ident $permission:ident) => {
        allowed(Permission::$permission, || $module::$page().into_any())
    };
}

loaded_together!(
    list::AccountUsers if ManageUsers,
    trail::AuditTrail if SeeAuditTrail,
    company_information::CompanyInformation if ManageCompanyInformation,
    forgotten::Forgotten,
    invitation::AcceptInvitation,
    new_password::NewPassword,
    profile::Profile,
    security_policy::SecurityPolicy if ManageSecurityPolicy,
    second_step::SecondStep,
    failed::SignInFailed,
);

/// Loads the pages before they are needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_settings_pages().await;
}
