//! The roles of account users and the one table of their permissions.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The role of a user in one account. Its name is the same as stored and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[allow(missing_docs)] // the interface's own words
pub enum Role {
    AccountAdministrator,
    ImplementationSpecialist,
    Analyst,
    Finance,
    PerformanceMarketingManager,
}

/// An operation that a role may or may not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See the account's access tokens, their settings and the pages that manage them.
    SeeTokens,
    /// Create, change, reset, disable, enable and delete access tokens.
    ManageTokens,
    /// Enable the account's API access.
    EnableApiAccess,
    /// Disable the account's API access.
    DisableApiAccess,
    /// See and change the agency's company profile.
    ManageCompanyInformation,
    /// Invite account users, change their roles, deactivate them.
    ManageUsers,
    /// See and export the audit trail: who did what in the account.
    SeeAuditTrail,
    /// See and change the account's security policy for its access tokens.
    ManageSecurityPolicy,
}

impl Role {
    /// Every role, as lists show them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns whether the role has the permission. Pages, server functions and the gate all use this one table.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_and_specialists_see_tokens() {
        let allowed: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(Permission::SeeTokens)).collect();
        assert_eq!(allowed, [Role::AccountAdministrator, Role::ImplementationSpecialist]);
    }

    /// A person who manages tokens can already change the company profile through the API.
    #[test]
    fn company_profile_permission_follows_token_permission() {
        for role in Role::ALL {
            assert_eq!(role.may(Permission::ManageCompanyInformation), role.may(Permission::ManageTokens), "{role:?}");
        }
    }

    #[test]
    fn only_administrators_have_administrative_permissions() {
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
        let names = [
            "account_administrator",
            "implementation_specialist",
            "analyst",
            "finance",
            "performance_marketing_manager",
        ];
        assert_eq!(Role::ALL.map(<&str>::from), names);
        for role in Role::ALL {
            assert_eq!(role.into_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.into_str());
        }
        assert!("root".parse::<Role>().is_err());
    }
}
