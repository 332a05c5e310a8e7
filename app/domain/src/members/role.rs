//! Roles of account users and the one table of what each may do.

use serde::{Deserialize, Serialize};

/// What an account user is in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum Role {
    AccountAdministrator,
    ImplementationSpecialist,
    Analyst,
    Finance,
    PerformanceMarketingManager,
}

/// Something that a role may or may not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See the account's access tokens, their settings and where they are managed.
    SeeTokens,
    /// Create, change, reset, disable, enable and delete access tokens.
    ManageTokens,
    /// Switch the account's API access on.
    EnableApiAccess,
    /// Switch the account's API access off again.
    DisableApiAccess,
    /// See and change the agency's company profile.
    ManageCompanyInformation,
    /// Invite account users, change their roles, deactivate them.
    ManageUsers,
    /// See who did what in the account, and export it.
    SeeAuditTrail,
    /// See and change what the account demands of its access tokens.
    ManageSecurityPolicy,
}

impl Role {
    /// Every role, as lists show them.
    pub const ALL: [Self; 5] = [
        Self::AccountAdministrator,
        Self::ImplementationSpecialist,
        Self::Analyst,
        Self::Finance,
        Self::PerformanceMarketingManager,
    ];

    /// Whether this role allows it. The table that pages, server functions and gate all ask.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::SeeTokens
            | Permission::ManageTokens
            | Permission::EnableApiAccess
            | Permission::ManageCompanyInformation => {
                matches!(self, Self::AccountAdministrator | Self::ImplementationSpecialist)
            }
            Permission::DisableApiAccess
            | Permission::ManageUsers
            | Permission::SeeAuditTrail
            | Permission::ManageSecurityPolicy => {
                matches!(self, Self::AccountAdministrator)
            }
        }
    }

    /// The role's name at rest and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountAdministrator => "account_administrator",
            Self::ImplementationSpecialist => "implementation_specialist",
            Self::Analyst => "analyst",
            Self::Finance => "finance",
            Self::PerformanceMarketingManager => "performance_marketing_manager",
        }
    }

    /// The role of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_and_implementation_specialists_may_even_see_tokens() {
        let allowed: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(Permission::SeeTokens)).collect();
        assert_eq!(allowed, [Role::AccountAdministrator, Role::ImplementationSpecialist]);
    }

    #[test]
    fn who_could_change_the_company_profile_through_a_token_may_do_so_on_its_page() {
        for role in Role::ALL {
            assert_eq!(role.may(Permission::ManageCompanyInformation), role.may(Permission::ManageTokens), "{role:?}");
        }
    }

    #[test]
    fn only_an_administrator_manages_users_and_policies_switches_api_access_off_and_sees_the_audit_trail() {
        let permissions = [
            Permission::ManageUsers,
            Permission::DisableApiAccess,
            Permission::SeeAuditTrail,
            Permission::ManageSecurityPolicy,
        ];
        for permission in permissions {
            let allowed: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(permission)).collect();
            assert_eq!(allowed, [Role::AccountAdministrator], "{permission:?}");
        }
    }

    #[test]
    fn every_role_is_found_again_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_name("root"), None);
    }
}
